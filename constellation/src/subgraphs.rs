/// The subgraphs that this program carries: their names in supergraph.yaml, and the texts of their schemas.
pub(crate) const SUBGRAPHS: [(&str, fn() -> String); 2] = [
    ("auth", constellation_auth::sdl),
    ("expense", constellation_expense::sdl),
];
