use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

/// How often a held lock is tried again.
const INTERVAL: Duration = Duration::from_millis(100);

/// Takes the lock of `file`, which ends with the returned handle, so also when its holder is killed.
/// `waiting` is called once if another process holds it.
///
/// It is tried again and again, not waited for, because a wait could not be abandoned when the caller is.
pub(super) async fn acquire(file: &Path, waiting: impl FnOnce()) -> io::Result<File> {
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(file)?;
    let mut waiting = Some(waiting);
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => {
                if let Some(waiting) = waiting.take() {
                    waiting();
                }
                tokio::time::sleep(INTERVAL).await;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}
