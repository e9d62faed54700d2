//! Every input that is worth keeping goes through its target: those that reach far, and those that once broke something.

use std::fs;
use std::path::Path;

use constellation_fuzz::{
    access_token, client_address, cookies, ended_sessions, key_set, refresh_token, signed_token,
};

/// Gives each file of a target's corpus to the target.
#[expect(clippy::print_stdout, reason = "a test that fails shows what it printed")]
fn replay(name: &str, target: fn(&[u8])) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut replayed = 0;
    for file in fs::read_dir(&folder)? {
        let path = file?.path();
        println!("{}", path.display());
        target(&fs::read(path)?);
        replayed += 1;
    }
    assert!(replayed > 0, "{} is empty", folder.display());
    Ok(())
}

#[test]
fn nothing_in_the_corpus_breaks_what_always_holds() -> std::io::Result<()> {
    replay("access_token", access_token)?;
    replay("signed_token", signed_token)?;
    replay("refresh_token", refresh_token)?;
    replay("client_address", client_address)?;
    replay("cookies", cookies)?;
    replay("ended_sessions", ended_sessions)?;
    replay("key_set", key_set)
}
