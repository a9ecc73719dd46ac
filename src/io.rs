//! The one runtime on which use cases run. Whoever asks for one waits for its handle only: a client that hangs
//! up, or a deadline, drops the wait and never the work.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::telemetry::metrics::{InFlight, Metrics};

/// Spawns use cases on the I/O runtime; cheap to clone.
#[derive(Clone)]
pub struct Io {
    runtime: Handle,
    permits: Arc<Semaphore>,
    running: TaskTracker,
    metrics: Arc<Metrics>,
}

/// The right to have one use case running; moves into it.
pub struct Permit {
    _place: OwnedSemaphorePermit,
    _counted: InFlight,
}

/// Why there is no outcome of the use case's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IoError {
    /// As many use cases run as may.
    #[error("too many calls are under way")]
    Overloaded,
    /// The wait was over first. The work goes on, and may still write.
    #[error("the deadline passed")]
    Deadline,
    /// It panicked; its connection was closed and its permit is free again.
    #[error("the use case panicked")]
    Panicked,
}

impl Io {
    /// `concurrency` use cases at once; more are refused, not queued: a queue only adds to what is late.
    #[must_use]
    pub fn new(runtime: Handle, concurrency: usize, metrics: Arc<Metrics>) -> Self {
        Self { runtime, permits: Arc::new(Semaphore::new(concurrency)), running: TaskTracker::new(), metrics }
    }

    /// At once, or never.
    pub fn permit(&self) -> Result<Permit, IoError> {
        let place = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| {
            self.metrics.request_refused("overloaded");
            IoError::Overloaded
        })?;
        Ok(Permit { _place: place, _counted: self.metrics.request_started() })
    }

    /// Starts `work`, which runs to its end on the I/O runtime; the future waits no longer than `deadline` for it.
    pub fn run<T: Send + 'static>(
        &self,
        permit: Permit,
        deadline: Duration,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, IoError>> {
        self.run_then(permit, deadline, work, async {})
    }

    /// As [`Self::run`]; `afterwards` runs when the outcome is on its way, and nobody waits for it.
    pub fn run_then<T: Send + 'static>(
        &self,
        permit: Permit,
        deadline: Duration,
        work: impl Future<Output = T> + Send + 'static,
        afterwards: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = Result<T, IoError>> {
        let (send, outcome) = oneshot::channel();
        // A future has room for what it awaits beside what it was given: boxed, it is moved once and not ten times.
        let work = Box::pin(work);
        let work = async move {
            // Nobody may be waiting any more.
            let _ = send.send(work.await);
            drop(permit);
            afterwards.await;
        };
        #[cfg(feature = "faults")]
        let (work, kept) = crate::faults::kept_by_the_handler(work);
        self.running.spawn_on(work.in_current_span(), &self.runtime);
        async move {
            #[cfg(feature = "faults")]
            kept.await;
            match timeout(deadline, outcome).await {
                Ok(Ok(outcome)) => Ok(outcome),
                // The sender is dropped unused only by a panic.
                Ok(Err(_)) => Err(IoError::Panicked),
                Err(_) => Err(IoError::Deadline),
            }
        }
    }

    /// Ready when everything that was started has ended.
    pub async fn drained(&self) {
        self.running.close();
        self.running.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    fn io(concurrency: usize) -> Io {
        Io::new(Handle::current(), concurrency, Arc::new(Metrics::try_new().unwrap()))
    }

    #[tokio::test]
    async fn work_goes_on_when_nobody_waits_for_it_any_more() {
        let io = io(1);
        let (go, gate) = oneshot::channel::<()>();
        let (done, ended) = oneshot::channel();
        let work = async move {
            gate.await.unwrap();
            done.send(()).unwrap();
        };
        let waited = io.run(io.permit().unwrap(), Duration::ZERO, work).await;
        assert_eq!(waited, Err(IoError::Deadline));
        go.send(()).unwrap();
        ended.await.unwrap();
    }

    #[tokio::test]
    async fn a_permit_is_held_until_the_work_ends_and_not_until_the_wait_does() {
        let io = io(1);
        let (go, gate) = oneshot::channel::<()>();
        let work = async move { gate.await.unwrap() };
        assert_eq!(io.run(io.permit().unwrap(), Duration::ZERO, work).await, Err(IoError::Deadline));
        assert!(matches!(io.permit(), Err(IoError::Overloaded)));
        go.send(()).unwrap();
        io.drained().await;
        assert!(io.permit().is_ok());
    }

    #[tokio::test]
    async fn a_panic_is_told_and_frees_the_permit() {
        let io = io(1);
        let work = async { panic!("planned") };
        assert_eq!(
            io.run::<()>(io.permit().unwrap(), Duration::from_secs(5), work).await,
            Err(IoError::Panicked)
        );
        assert!(io.permit().is_ok());
    }
}
