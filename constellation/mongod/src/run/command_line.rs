use std::ffi::OsString;
use std::path::Path;

use super::replica_set;

/// The server's arguments for a data folder.
pub(crate) fn arguments(data: &Path, log: &Path, ephemeral: bool) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    let mut add = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));

    // The system picks the port when the server binds it, so nobody can take it in between. The log tells it.
    add(&["--bind_ip", "127.0.0.1", "--port", "0", "--nounixsocket"]);
    add(&["--replSet", replica_set::NAME, "--logappend", "--quiet"]);
    // No other member would take over, so a stopping server has nothing to wait for.
    add(&["--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"]);
    // What a program left halfway stays locked that long; ours take seconds, and the default is a minute.
    add(&["--setParameter", "transactionLifetimeLimitSeconds=10"]);
    // The default journal is made for servers: 300 MB of files, written before the first document.
    add(&[
        "--wiredTigerEngineConfigString",
        "log=(file_max=16MB,prealloc=false)",
    ]);
    if ephemeral {
        add(&["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "128"]);
        add(&["--setParameter", "diagnosticDataCollectionEnabled=false"]);
    } else {
        // The defaults are half of the memory and a twentieth of the disk.
        add(&["--wiredTigerCacheSizeGB", "0.5", "--oplogSize", "512"]);
    }
    arguments.extend(["--dbpath".into(), data.into(), "--logpath".into(), log.into()]);
    arguments
}
