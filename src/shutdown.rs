//! From the first signal to the end: not ready at once, still accepting for a while (whoever balances the load
//! learns of it late), then no new connections, then a bounded wait for what is under way.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Tells everybody that the process is about to end; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    draining: CancellationToken,
}

impl Shutdown {
    /// From now on this replica is not ready, and connections are not kept alive.
    pub fn begin(&self) {
        self.draining.cancel();
    }

    /// Whether it has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.draining.is_cancelled()
    }
}

/// SIGTERM and SIGINT of this process, one after the other.
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// From here on the signals no longer end the process by themselves. Needs a running runtime.
    pub fn try_new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
