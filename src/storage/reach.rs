//! What the last attempts said of the server: whether it can be reached, and when the next attempt to open a
//! connection may be made. A server that is down must not be met by every caller at once when it comes back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// One attempt per this time while the server cannot be reached: five a second. Whoever comes while one is under way
/// waits as long for what becomes of it.
const PAUSE: Duration = Duration::from_millis(200);
/// How often those who wait look; opening a connection takes about as long.
const LOOK: Duration = Duration::from_millis(5);
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
    /// Attempts under way while the server cannot be reached: one, or more where they hang.
    trying: u32,
    next_distrust: Option<Instant>,
    /// When it last answered.
    answered: Option<Instant>,
}

impl State {
    fn has_answered(&self, since: Instant) -> bool {
        self.answered.is_some_and(|answered| answered > since)
    }
}

/// An attempt to open a connection; dropped without a word it has failed, as one that was given up has.
pub(super) struct Attempt<'a> {
    reach: &'a Reach,
    began: Instant,
    /// Made while the server could not be reached, so that others wait for it.
    awaited: bool,
    succeeded: bool,
}

/// What somebody who wants to try is told.
enum Turn {
    Now { awaited: bool },
    AfterTheOther,
    TooEarly,
}

impl Reach {
    /// `None` where it is too early for another attempt, or the one under way fails or hangs.
    pub(super) async fn attempt(&self) -> Option<Attempt<'_>> {
        let patience = Instant::now() + PAUSE;
        loop {
            match self.turn() {
                Turn::Now { awaited } => {
                    return Some(Attempt { reach: self, began: Instant::now(), awaited, succeeded: false });
                }
                Turn::AfterTheOther if Instant::now() < patience => sleep(LOOK).await,
                Turn::AfterTheOther | Turn::TooEarly => return None,
            }
        }
    }

    fn turn(&self) -> Turn {
        let mut state = self.lock();
        let now = Instant::now();
        match state.next_attempt {
            None => Turn::Now { awaited: false },
            Some(next) if now < next && state.trying > 0 => Turn::AfterTheOther,
            Some(next) if now < next => Turn::TooEarly,
            Some(_) => {
                state.next_attempt = Some(now + PAUSE);
                state.trying += 1;
                Turn::Now { awaited: true }
            }
        }
    }

    /// The server answered.
    pub(super) fn answered(&self) {
        let mut state = self.lock();
        state.next_attempt = None;
        state.answered = Some(Instant::now());
    }

    /// What began then was never answered. It says nothing where the server has answered others since: after a
    /// fail-over what was begun before fails late, for seconds.
    pub(super) fn unanswered(&self, since: Instant) {
        let mut state = self.lock();
        if state.next_attempt.is_none() && !state.has_answered(since) {
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
        self.reach.answered();
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut state = self.reach.lock();
        if !self.succeeded && !state.has_answered(self.began) {
            state.next_attempt = Some(Instant::now() + PAUSE);
        }
        if self.awaited {
            state.trying -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_down_is_tried_five_times_a_second() {
        let reach = Reach::default();
        drop(reach.attempt().await.unwrap());
        let mut attempts = 0;
        for _ in 0..1_000 {
            attempts += u32::from(reach.attempt().await.is_some());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!((4..=5).contains(&attempts), "{attempts}");
        assert!(reach.is_lost());
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_success_lets_everybody_try() {
        let reach = Reach::default();
        drop(reach.attempt().await.unwrap());
        tokio::time::advance(PAUSE).await;
        reach.attempt().await.unwrap().succeed();
        assert!(!reach.is_lost());
        let both = (reach.attempt().await, reach.attempt().await);
        assert!(both.0.is_some() && both.1.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_while_one_tries_shares_its_luck() {
        for is_lucky in [true, false] {
            let reach = Reach::default();
            reach.unanswered(Instant::now());
            let first = reach.attempt().await.unwrap();
            let others = async { futures_util::future::join_all((0..8).map(|_| reach.attempt())).await };
            let end = async { if is_lucky { first.succeed() } else { drop(first) } };
            let (others, ()) = tokio::join!(others, end);
            assert!(others.iter().all(|other| other.is_some() == is_lucky), "{is_lucky}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_an_attempt_that_hangs_one_of_those_who_wait_tries_and_they_wait_no_longer() {
        let reach = Reach::default();
        reach.unanswered(Instant::now());
        let _hangs = reach.attempt().await.unwrap();
        let start = Instant::now();
        let others = futures_util::future::join_all((0..8).map(|_| reach.attempt())).await;
        assert_eq!(others.iter().flatten().count(), 1);
        assert_eq!(start.elapsed(), PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_late_says_nothing_of_a_server_that_has_answered_since() {
        let reach = Reach::default();
        let (slow, began) = (reach.attempt().await.unwrap(), Instant::now());
        tokio::time::advance(PAUSE).await;
        reach.attempt().await.unwrap().succeed();
        drop(slow);
        reach.unanswered(began);
        assert!(!reach.is_lost());
        reach.unanswered(Instant::now());
        assert!(reach.is_lost());
    }
}
