use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Every program called `name` in the folders of `search_path`, in their order.
pub(super) fn programs(name: &str, search_path: &OsStr) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(search_path)
        // An empty entry means the current folder: nothing is run from there unasked.
        .filter(|folder| folder.is_absolute())
        .map(move |folder| folder.join(name))
        .filter(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    file.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
