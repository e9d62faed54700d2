//! Hands the published schema to the typed client of `tests/rust_client.rs`, which does not compile if the two differ.

fn main() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema/api.graphql");
    println!("cargo:rerun-if-changed={schema}");
    cynic_codegen::register_schema("constellation")
        .from_sdl_file(schema)
        .expect("schema/api.graphql is a schema")
        .as_default()
        .expect("the schema can be registered");
}
