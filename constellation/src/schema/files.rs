use std::fs;
use std::path::{Path, PathBuf};

use super::{Composed, SchemaError, SupergraphConfig};

/// What a file of the folder `schema/` should hold.
pub(super) struct File {
    path: PathBuf,
    content: String,
}

/// All files: one for each subgraph where supergraph.yaml wants it, and beside them the whole graph for the router and for
/// clients.
pub(super) fn files(root: &Path, config: &SupergraphConfig, composed: &Composed) -> Vec<File> {
    let mut files = Vec::new();
    let mut folder = root.to_owned();
    for (name, sdl) in &composed.subgraphs {
        if let Some(subgraph) = config.subgraphs.get(name) {
            let path = root.join(&subgraph.schema.file);
            path.parent().unwrap_or(root).clone_into(&mut folder);
            files.push(File::new(path, sdl));
        }
    }
    files.push(File::new(folder.join("supergraph.graphql"), &composed.supergraph));
    files.push(File::new(folder.join("api.graphql"), &composed.api));
    files
}

impl File {
    fn new(path: PathBuf, content: &str) -> Self {
        Self {
            path,
            content: format!("{}\n", content.trim_end()),
        }
    }
}

pub(super) fn write(files: &[File]) -> Result<(), SchemaError> {
    for file in files {
        let failed = |source| SchemaError::Write {
            path: file.path.clone(),
            source,
        };
        if let Some(folder) = file.path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(&file.path, &file.content).map_err(failed)?;
        #[expect(clippy::print_stdout, reason = "this is what the command was called for")]
        {
            println!("wrote {}", file.path.display());
        }
    }
    Ok(())
}

pub(super) fn check(files: &[File]) -> Result<(), SchemaError> {
    let drift: Vec<_> = files.iter().filter_map(drift).collect();
    if drift.is_empty() {
        Ok(())
    } else {
        Err(SchemaError::Drift(drift.join("; ")))
    }
}

/// How the file on disk differs from what it should be.
fn drift(file: &File) -> Option<String> {
    let path = file.path.display();
    let Ok(present) = fs::read_to_string(&file.path) else {
        return Some(format!("{path} is missing"));
    };
    if present == file.content {
        return None;
    }
    let line = present
        .lines()
        .zip(file.content.lines())
        .take_while(|(present, wanted)| present == wanted)
        .count();
    Some(format!("{path} from line {}", line + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_names_each_file_that_is_missing_or_differs_and_the_line() {
        let folder = std::env::temp_dir().join(format!("constellation-schema-{}", std::process::id()));
        let files = [
            File::new(folder.join("a.graphql"), "a\nb"),
            File::new(folder.join("b.graphql"), "c"),
        ];
        assert!(
            check(&files)
                .unwrap_err()
                .to_string()
                .contains("a.graphql is missing")
        );
        write(&files).unwrap();
        check(&files).unwrap();
        fs::write(folder.join("a.graphql"), "a\nB\n").unwrap();
        assert!(
            check(&files)
                .unwrap_err()
                .to_string()
                .contains("a.graphql from line 2")
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
