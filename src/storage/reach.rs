//! What the last attempts said of the server: whether it can be reached, and when the next attempt to open a
//! connection may be made. A server that is down must not be met by every caller at once when it comes back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// One attempt per this time while the server cannot be reached: five a second.
const PAUSE: Duration = Duration::from_millis(200);
/// Idle connections are distrusted no more often than this.
const DISTRUST_PAUSE: Duration = Duration::from_secs(1);

/// Shared by all connections of one pool.
#[derive(Debug, Default)]
pub(super) struct Reach {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Set while the server cannot be reached.
    next_attempt: Option<Instant>,
    next_distrust: Option<Instant>,
}

/// An attempt to open a connection; dropped without a word it has failed, as one that was given up has.
pub(super) struct Attempt<'a> {
    reach: &'a Reach,
    succeeded: bool,
}

impl Reach {
    /// `None` where it is too early for another attempt.
    pub(super) fn attempt(&self) -> Option<Attempt<'_>> {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(next) = state.next_attempt {
            if now < next {
                return None;
            }
            state.next_attempt = Some(now + PAUSE);
        }
        Some(Attempt { reach: self, succeeded: false })
    }

    /// A statement was answered, or not.
    pub(super) fn note(&self, answered: bool) {
        let mut state = self.lock();
        if answered {
            state.next_attempt = None;
        } else if state.next_attempt.is_none() {
            state.next_attempt = Some(Instant::now());
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lock().next_attempt.is_some()
    }

    /// Whether idle connections may be distrusted now.
    pub(super) fn may_distrust(&self) -> bool {
        let mut state = self.lock();
        let now = Instant::now();
        if state.next_distrust.is_some_and(|next| now < next) {
            return false;
        }
        state.next_distrust = Some(now + DISTRUST_PAUSE);
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    pub(super) fn succeed(mut self) {
        self.succeeded = true;
        self.reach.note(true);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.succeeded {
            self.reach.lock().next_attempt = Some(Instant::now() + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_down_is_tried_five_times_a_second() {
        let reach = Reach::default();
        drop(reach.attempt().unwrap());
        let mut attempts = 0;
        for _ in 0..1_000 {
            attempts += u32::from(reach.attempt().is_some());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!((4..=5).contains(&attempts), "{attempts}");
        assert!(reach.is_lost());
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_success_lets_everybody_try() {
        let reach = Reach::default();
        drop(reach.attempt().unwrap());
        tokio::time::advance(PAUSE).await;
        reach.attempt().unwrap().succeed();
        assert!(!reach.is_lost());
        let both = (reach.attempt(), reach.attempt());
        assert!(both.0.is_some() && both.1.is_some());
    }
}
