use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::ContainerType;
use async_graphql::{Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value};

use super::errors::code_of;

/// A query root whose `_entities` answers null for a representation that names nothing it knows: an unknown type, or
/// no key. The library alone would fail all the others with it.
///
/// It is the same type to the schema. An error that a resolver returned still fails the call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Entities<Q>(pub Q);

impl<Q: ObjectType> ContainerType for Entities<Q> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        self.0.resolve_field(ctx).await
    }

    async fn find_entity(&self, ctx: &Context<'_>, representation: &Value) -> ServerResult<Option<Value>> {
        match self.0.find_entity(ctx, representation).await {
            Err(error) if code_of(&error).is_some() || error.source.is_some() => Err(error),
            Ok(Some(entity)) => Ok(Some(entity)),
            // What the library itself says of a representation has neither a code nor a source.
            Ok(None) | Err(_) => Ok(Some(Value::Null)),
        }
    }
}

impl<Q: ObjectType> OutputType for Entities<Q> {
    fn type_name() -> Cow<'static, str> {
        Q::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Q::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}

impl<Q: ObjectType> ObjectType for Entities<Q> {}
