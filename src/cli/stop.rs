//! Being asked to end: Ctrl-C, or SIGTERM from whoever started the process.

#![expect(clippy::disallowed_methods, reason = "this module knows how long a run may take to end")]

use std::time::Duration;

use super::exit::Exit;

/// How long a run that was asked to end may still read back what it sent. CI kills about as soon after asking.
const GRACE: Duration = Duration::from_secs(10);

/// Hears the signals from the moment it is made.
pub(super) struct Stop {
    #[cfg(unix)]
    signals: Option<[tokio::signal::unix::Signal; 2]>,
}

impl Stop {
    #[cfg(unix)]
    pub(super) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let both = signal(SignalKind::interrupt()).and_then(|it| Ok([it, signal(SignalKind::terminate())?]));
        Self { signals: both.ok() }
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> Self {
        Self {}
    }

    /// Waits for the next one and says how a run ends that obeys it.
    #[cfg(unix)]
    pub(super) async fn asked(&mut self) -> Exit {
        let Some([interrupt, terminate]) = &mut self.signals else { return std::future::pending().await };
        tokio::select! {
            _ = interrupt.recv() => Exit::Interrupted,
            _ = terminate.recv() => Exit::Terminated,
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn asked(&mut self) -> Exit {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Exit::Interrupted,
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits until the time is up.
    pub(super) fn time_up(time: Duration) -> tokio::time::Sleep {
        tokio::time::sleep(time)
    }

    /// Waits for the next one after the first, or for the end of the grace.
    pub(super) async fn asked_again(&mut self, first: Exit) -> Exit {
        tokio::select! {
            exit = self.asked() => exit,
            () = tokio::time::sleep(GRACE) => first,
        }
    }
}
