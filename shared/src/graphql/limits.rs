use async_graphql::SchemaBuilder;

/// The longest GraphQL document with its variables, in bytes.
pub const LONGEST_TEXT: usize = 256 * 1024;

/// How much one operation may ask of a subgraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep fields may be nested.
    pub depth: usize,
    /// How many fields it may ask for; a list counts its fields once for every item it may have.
    pub complexity: usize,
    /// How many directives one field may carry.
    pub directives: usize,
}

impl Default for Limits {
    // A page of a hundred things with thirty fields each passes; a query built to make work does not.
    fn default() -> Self {
        Self {
            depth: 15,
            complexity: 10_000,
            directives: 10,
        }
    }
}

/// Applies the limits to a schema.
pub fn with_limits<Q, M, S>(schema: SchemaBuilder<Q, M, S>, limits: Limits) -> SchemaBuilder<Q, M, S> {
    schema
        .limit_depth(limits.depth)
        .limit_complexity(limits.complexity)
        .limit_directives(limits.directives)
}
