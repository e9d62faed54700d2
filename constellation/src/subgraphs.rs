/// A subgraph that this program carries.
pub(crate) struct Subgraph {
    /// Its name in supergraph.yaml.
    pub(crate) name: &'static str,
    /// Makes the text of its schema.
    pub(crate) sdl: fn() -> String,
}

/// The subgraphs that this program carries.
pub(crate) const SUBGRAPHS: &[Subgraph] = &[
    Subgraph {
        name: "auth",
        sdl: constellation_auth::sdl,
    },
    Subgraph {
        name: "expense",
        sdl: constellation_expense::sdl,
    },
];
