//! Whose turn it is to ask Kratos. So many calls are under way at once; as many again may stand in line, first come,
//! first served; whoever comes then is refused at once. The line is short on purpose: it bridges the moment between
//! one answer and the next question, and all who stand in it are served in about the time of one call. A longer one
//! would only make more callers wait for a refusal, and take the places of calls that do not need Kratos at all.

use std::time::Duration;

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

/// Nobody stands in line for longer: a Kratos this slow is not waited for by more callers than it has.
const PATIENCE: Duration = Duration::from_millis(300);

/// Shared by all calls of one process.
#[derive(Debug)]
pub(super) struct Turns {
    asking: Semaphore,
    line: Semaphore,
}

impl Turns {
    /// `concurrency` calls at once, and a line of the same length.
    pub(super) fn new(concurrency: usize) -> Self {
        Self { asking: Semaphore::new(concurrency), line: Semaphore::new(concurrency) }
    }

    /// Whether the next one to come would be refused.
    pub(super) fn are_taken(&self) -> bool {
        self.asking.available_permits() == 0 && self.line.available_permits() == 0
    }

    /// The right to ask while it is held; `None` where the line is full or did not move.
    pub(super) async fn wait(&self) -> Option<SemaphorePermit<'_>> {
        // Fails also while others stand in line: a turn that ends goes to the first of them.
        if let Ok(turn) = self.asking.try_acquire() {
            return Some(turn);
        }
        let _place = self.line.try_acquire().ok()?;
        timeout(PATIENCE, self.asking.acquire()).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::{task::JoinSet, time::Instant};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_full_line_refuses_at_once_and_a_line_that_does_not_move_refuses_later() {
        let turns = Arc::new(Turns::new(2));
        let _held = (turns.wait().await.unwrap(), turns.wait().await.unwrap());
        let start = Instant::now();
        let mut waiting = JoinSet::new();
        assert!(!turns.are_taken());
        for _ in 0..3 {
            let turns = Arc::clone(&turns);
            waiting.spawn(async move { (turns.wait().await.is_some(), start.elapsed()) });
        }
        tokio::task::yield_now().await;
        assert!(turns.are_taken());
        let mut ends = waiting.join_all().await;
        ends.sort();
        assert_eq!(ends.first(), Some(&(false, Duration::ZERO)));
        assert!(ends.iter().skip(1).all(|(served, after)| !served && *after >= PATIENCE), "{ends:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_goes_to_the_first_in_line_and_not_to_a_newcomer() {
        let turns = Arc::new(Turns::new(1));
        let held = turns.wait().await.unwrap();
        let theirs = Arc::clone(&turns);
        let (release, released) = tokio::sync::oneshot::channel::<()>();
        let mut waiting = JoinSet::new();
        waiting.spawn(async move {
            let turn = theirs.wait().await;
            let _ = released.await;
            turn.is_some()
        });
        tokio::task::yield_now().await;
        drop(held);
        assert!(turns.asking.try_acquire().is_err(), "a newcomer was faster");
        release.send(()).unwrap();
        assert_eq!(waiting.join_all().await, [true]);
    }
}
