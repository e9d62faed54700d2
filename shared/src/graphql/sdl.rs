use async_graphql::{ObjectType, SDLExportOptions, Schema, SubscriptionType};

/// The schema's text for composition, with its federation directives. Fields stand as they do in the code, which is the
/// order that a reader of the published schema should meet them in.
pub fn sdl<Q, M, S>(schema: &Schema<Q, M, S>) -> String
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    schema.sdl_with_options(
        SDLExportOptions::new()
            .federation()
            .include_specified_by()
            .prefer_single_line_descriptions()
            .use_space_ident()
            .indent_width(2),
    )
}
