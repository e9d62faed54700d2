//! What is fetched from npm, pinned to the byte.
//!
//! GraphiQL 4.1.2 is its last version that is also published as one ready-made script: it needs React beside it and
//! nothing else, where version 5 needs a bundler, or a CDN, and worker scripts for its editor.

/// One package, and what is used of it.
pub(super) struct Package {
    /// Its name and version, as npm takes them.
    pub(super) spec: &'static str,
    /// What npm calls its archive.
    pub(super) archive: &'static str,
    /// The digest of the archive, as npm writes it.
    pub(super) integrity: &'static str,
    pub(super) files: &'static [File],
}

/// One file of a package.
pub(super) struct File {
    /// Its path in the archive.
    pub(super) from: &'static str,
    /// Its name in the cache and in its URL, which changes with its content.
    pub(super) name: &'static str,
    /// The digest of its content.
    pub(super) integrity: &'static str,
}

/// The folder in the cache; another set of packages gets another name.
pub(super) const FOLDER: &str = "graphiql-4.1.2";

pub(super) const PACKAGES: [Package; 3] = [
    Package {
        spec: "graphiql@4.1.2",
        archive: "graphiql-4.1.2.tgz",
        integrity: "sha512-rNlzQIAzm6i2KBXmVQWBgLvt0TloxFVB2d18bukvdsvjEuFDHsKx5IVOomL1W1o5WW+tE54+ioHb2AEKzO2cUg==",
        files: &[
            File {
                from: "package/graphiql.min.js",
                name: "graphiql-4.1.2.min.js",
                integrity: "sha512-0Ba/euTPBw3QSgdWxMQ2Zit1c/F2UuWAJPmu+sC7L4E+OGpn3VaQx9StqSdKmziANt5JIXyfEqDG0ptfqNzYTg==",
            },
            File {
                from: "package/graphiql.min.css",
                name: "graphiql-4.1.2.min.css",
                integrity: "sha512-/XJTgsof87+iGGFrCDoXnueZI1ZuOMfUGlwwF0212zMuxl9yrzpl76KwVqz59mDkugR10gxHRUIPOCTdp9RTlw==",
            },
        ],
    },
    Package {
        spec: "react@18.3.1",
        archive: "react-18.3.1.tgz",
        integrity: "sha512-wS+hAgJShR0KhEvPJArfuPVN1+Hz1t0Y6n5jLrGQbkb4urgPE/0Rve+1kMB1v/oWgHgm4WIcV+i7F2pTVj+2iQ==",
        files: &[File {
            from: "package/umd/react.production.min.js",
            name: "react-18.3.1.min.js",
            integrity: "sha512-QVs8Lo43F9lSuBykadDb0oSXDL/BbZ588urWVCRwSIoewQv/Ewg1f84mK3U790bZ0FfhFa1YSQUmIhG+pIRKeg==",
        }],
    },
    Package {
        spec: "react-dom@18.3.1",
        archive: "react-dom-18.3.1.tgz",
        integrity: "sha512-5m4nQKp+rZRb09LNH59GM4BxTh9251/ylbKIbpe7TpGxfJ+9kv6BLkLBXIjjspbgbnIBNqlI23tRnTWT0snUIw==",
        files: &[File {
            from: "package/umd/react-dom.production.min.js",
            name: "react-dom-18.3.1.min.js",
            integrity: "sha512-6a1107rTlA4gYpgHAqbwLAtxmWipBdJFcq8y5S/aTge3Bp+VAklABm2LO+Kg51vOWR9JMZq1Ovjl5tpluNpTeQ==",
        }],
    },
];
