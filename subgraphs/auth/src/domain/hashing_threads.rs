use std::any::Any;
use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};
use tokio::sync::{Semaphore, oneshot};
use tracing::Span;

/// On a scale from 0 to 99: on Unix a nice value of 9. What somebody waits for who is signed in comes first, and yet a
/// storm of it leaves the hashing a tenth of a processor.
const PRIORITY: u8 = 25;

/// Threads of their own for what takes a whole processor, at a low priority, with a bounded queue before them.
///
/// They are not those on which everything else may block: their priority could be lowered there, but not raised again.
pub(super) struct HashingThreads {
    pool: ThreadPool,
    /// One for each thread, and one for each that may wait.
    places: Arc<Semaphore>,
}

/// Why some work was not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotDone {
    /// All threads are busy, and as many wait as may.
    Busy,
    /// It panicked.
    Panicked,
}

impl HashingThreads {
    pub(super) fn new(threads: usize, queue: usize) -> Result<Self, ThreadPoolBuildError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("hashing-{number}"))
            .start_handler(|_| give_way())
            .panic_handler(|panic| tracing::error!(panic = text(&*panic), "hashing panicked"))
            .build()?;
        Ok(Self {
            pool,
            places: Arc::new(Semaphore::new(threads.saturating_add(queue))),
        })
    }

    /// Whether there is room for more work. Asked first, a request that will be turned away costs nothing else.
    pub(super) fn have_room(&self) -> bool {
        self.places.available_permits() > 0
    }

    /// Does some work, in its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| NotDone::Busy)?;
        let (sender, receiver) = oneshot::channel();
        let span = Span::current();
        self.pool.spawn(move || {
            // One who hung up while they waited needs no hash.
            if sender.is_closed() {
                return;
            }
            // The place goes with the work: a caller who hangs up must not make room for another hash while this one
            // runs. It is free again before the caller hears of it, also when the work panics.
            let done = {
                let _place = place;
                span.in_scope(work)
            };
            let _ = sender.send(done);
        });
        receiver.await.map_err(|_| NotDone::Panicked)
    }
}

/// Lets everything else go first, where the system allows a thread to say so.
fn give_way() {
    let lowered = ThreadPriorityValue::try_from(PRIORITY).and_then(|priority| {
        set_current_thread_priority(ThreadPriority::Crossplatform(priority))
            .map_err(|error| format!("{error:?}"))
    });
    if let Err(error) = lowered {
        tracing::warn!(error, "hashing runs at the usual priority");
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn as_many_wait_as_may_and_the_next_is_turned_away_at_once() {
        let threads = HashingThreads::new(1, 2).unwrap();
        let (go, wait) = mpsc::channel::<()>();
        let first = threads.run(move || wait.recv());
        let turned_away = async {
            assert!(!threads.have_room());
            let refused = threads.run(|| ()).await;
            go.send(()).unwrap();
            refused
        };
        // They are begun in this order, and the first cannot end before the last has been refused.
        let (first, second, third, fourth) =
            tokio::join!(first, threads.run(|| 2), threads.run(|| 3), turned_away);
        assert!(first.unwrap().is_ok());
        assert_eq!((second, third, fourth), (Ok(2), Ok(3), Err(NotDone::Busy)));
        assert_eq!(threads.run(|| 5).await, Ok(5));
    }

    #[tokio::test]
    async fn who_hangs_up_while_they_wait_costs_no_work() {
        let threads = HashingThreads::new(1, 2).unwrap();
        let (go, wait) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let first = threads.run(move || wait.recv());
        let impatient = async {
            let mut waiting = Box::pin(threads.run(move || tell.send(())));
            tokio::select! {
                biased;
                _ = &mut waiting => panic!("it overtook the first"),
                () = std::future::ready(()) => {}
            }
            drop(waiting);
            go.send(()).unwrap();
        };
        let (first, ()) = tokio::join!(first, impatient);
        assert!(first.unwrap().is_ok());
        assert_eq!(threads.run(|| 3).await, Ok(3));
        assert!(told.try_recv().is_err(), "the work of one who hung up was done");
    }

    #[tokio::test]
    async fn a_panic_ends_one_piece_of_work_and_no_thread() {
        let threads = HashingThreads::new(1, 0).unwrap();
        let panicked = threads.run(|| panic!("a bug")).await;
        assert_eq!(panicked, Err::<(), _>(NotDone::Panicked));
        assert_eq!(threads.run(|| 2).await, Ok(2));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn everything_else_goes_first() {
        let threads = HashingThreads::new(1, 0).unwrap();
        let niceness = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let after_the_name = stat.rsplit_once(')').unwrap().1;
            after_the_name
                .split_whitespace()
                .nth(16)
                .unwrap()
                .parse::<i32>()
                .unwrap()
        };
        let usual = niceness();
        assert_eq!(threads.run(niceness).await, Ok(9));
        assert_eq!(niceness(), usual, "the others were made to give way as well");
    }
}
