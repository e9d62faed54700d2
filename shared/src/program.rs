//! What every `main` does: settings, logs, the runtime, signals, and one clear message when it cannot go on.

use std::error::Error as StdError;
use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::error::chain;
use crate::telemetry::LogSettings;

/// Why a program ends. Its message and its causes are all that the operator sees.
pub type Failure = Box<dyn StdError + Send + Sync>;

/// Resolves when the program has been told to stop; every clone hears of it.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A stop that resolves when the returned sender says `true` or is dropped.
    #[must_use]
    pub fn channel() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Resolves when Ctrl-C is pressed or SIGTERM arrives.
    ///
    /// # Errors
    /// When the signals cannot be listened for.
    pub fn on_signal() -> std::io::Result<Self> {
        let (sender, stop) = Self::channel();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            sender.send_replace(true);
            // A second Ctrl-C means now.
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            std::process::exit(130);
        });
        Ok(stop)
    }

    /// Waits for the stop.
    pub async fn requested(mut self) {
        // A sender that is gone can never say it again: that is a stop too.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

/// Reads the settings, starts logging and runs a service on a multi-thread runtime until it ends or is told to stop.
///
/// Wrong settings end the program with status 2 and a message that names the setting; any other failure ends it
/// with status 1 and its causes on one line.
pub fn run<S, F>(logs: fn(&S) -> &LogSettings, service: impl FnOnce(S, Stop) -> F) -> ExitCode
where
    S: Parser,
    F: Future<Output = Result<(), Failure>>,
{
    let settings = S::parse();
    logs(&settings).start();
    let result = tokio::runtime::Runtime::new()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(async { service(settings, Stop::on_signal()?).await }));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&*failure),
    }
}

/// Says why the program cannot go on.
pub fn fail(failure: &(dyn StdError + 'static)) -> ExitCode {
    #[expect(
        clippy::print_stderr,
        reason = "this is the program's last word to the person who started it"
    )]
    {
        eprintln!("error: {}", chain(failure));
    }
    ExitCode::FAILURE
}
