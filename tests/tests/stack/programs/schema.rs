use crate::support::{Program, workspace};

fn schema(arguments: &[&str], supergraph: &str) -> (bool, String) {
    let mut all = vec!["schema", "--supergraph", supergraph];
    all.extend(arguments);
    let (status, said) = Program::start(env!("CARGO_BIN_EXE_tested-constellation"), &all, &[]).wait();
    (status.success(), said)
}

#[test]
fn the_committed_schema_is_what_the_code_says() {
    let supergraph = workspace().join("supergraph.yaml");
    let (success, said) = schema(&["--check"], supergraph.to_str().unwrap());
    assert!(success, "{said}");
}

#[test]
fn a_schema_that_drifted_is_named_with_its_line_and_mended_by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let supergraph = folder.path().join("supergraph.yaml");
    std::fs::copy(workspace().join("supergraph.yaml"), &supergraph).unwrap();
    let supergraph = supergraph.to_str().unwrap();

    let (success, said) = schema(&["--check"], supergraph);
    assert!(!success && said.contains("auth.graphql is missing"), "{said}");
    assert!(schema(&[], supergraph).0);
    assert!(schema(&["--check"], supergraph).0);

    let api = folder.path().join("schema/api.graphql");
    let text = std::fs::read_to_string(&api).unwrap();
    std::fs::write(&api, text.replacen("displayName", "name", 1)).unwrap();
    let (success, said) = schema(&["--check"], supergraph);
    assert!(!success && said.contains("api.graphql from line"), "{said}");
}

#[test]
fn a_subgraph_that_nobody_carries_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let supergraph = folder.path().join("supergraph.yaml");
    let list = std::fs::read_to_string(workspace().join("supergraph.yaml")).unwrap();
    let calendar = "  calendar:\n    routing_url: http://127.0.0.1:1/graphql\n    schema:\n      file: ./schema/calendar.graphql\n";
    std::fs::write(&supergraph, list + calendar).unwrap();
    let (success, said) = schema(&["--check"], supergraph.to_str().unwrap());
    assert!(!success && said.contains("`calendar`"), "{said}");
}
