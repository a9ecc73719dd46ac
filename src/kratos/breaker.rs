//! Stops asking a Kratos that fails: opens after so many failures in a row, then lets one call through per
//! back-off step (1, 2, 4 … seconds) and closes on the first success.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

const FIRST_STEP: Duration = Duration::from_secs(1);

/// Shared by all calls of one process.
#[derive(Debug)]
pub(super) struct Breaker {
    threshold: u32,
    longest: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, step: Duration, probing: bool },
}

/// Permission for one call. Dropped without a verdict it counts for nothing, but lets the next probe go.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
    settled: bool,
}

impl Breaker {
    pub(super) fn new(threshold: u32, longest: Duration) -> Self {
        Self { threshold, longest, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// A pass, or how long no call makes sense.
    pub(super) fn pass(&self) -> Result<Pass<'_>, Duration> {
        let probe = match &mut *self.lock() {
            State::Closed { .. } => false,
            State::Open { until, probing, .. } => {
                let now = Instant::now();
                if now < *until {
                    return Err(*until - now);
                }
                if *probing {
                    return Err(FIRST_STEP);
                }
                *probing = true;
                true
            }
        };
        Ok(Pass { breaker: self, probe, settled: false })
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(*self.lock(), State::Open { .. })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole at every point where a panic could happen.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn succeed(&self, probe: bool) {
        let mut state = self.lock();
        // A straggler from before it opened proves nothing about now; only a probe closes it.
        if probe || matches!(*state, State::Closed { .. }) {
            *state = State::Closed { failures: 0 };
        }
    }

    fn fail(&self, probe: bool) {
        let mut state = self.lock();
        let step = match &mut *state {
            State::Closed { failures } => {
                *failures += 1;
                if *failures < self.threshold {
                    return;
                }
                FIRST_STEP
            }
            State::Open { step, .. } if probe => (*step * 2).min(self.longest),
            // A call from before it opened: already counted.
            State::Open { .. } => return,
        };
        *state = State::Open { until: Instant::now() + step, step, probing: false };
    }

    fn let_next_probe(&self) {
        if let State::Open { probing, .. } = &mut *self.lock() {
            *probing = false;
        }
    }
}

impl Pass<'_> {
    /// Kratos answered as Kratos does.
    pub(super) fn succeed(mut self) {
        self.settled = true;
        self.breaker.succeed(self.probe);
    }

    /// Something answered, but not as Kratos does: no failure of a call, no success of a probe.
    pub(super) fn doubt(mut self) {
        self.settled = true;
        if self.probe {
            self.breaker.fail(true);
        }
    }

    /// Kratos could not be reached, or said that it cannot.
    pub(super) fn fail(mut self) {
        self.settled = true;
        self.breaker.fail(self.probe);
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe && !self.settled {
            self.breaker.let_next_probe();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(breaker: &Breaker) {
        for _ in 0..5 {
            breaker.pass().unwrap().fail();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_five_failures_in_a_row() {
        let breaker = Breaker::new(5, Duration::from_secs(30));
        for _ in 0..4 {
            breaker.pass().unwrap().fail();
        }
        breaker.pass().unwrap().succeed();
        broken(&breaker);
        assert!(breaker.is_open());
        assert_eq!(breaker.pass().unwrap_err(), FIRST_STEP);
    }

    #[tokio::test(start_paused = true)]
    async fn one_probe_per_step_and_the_steps_double_up_to_the_longest() {
        let breaker = Breaker::new(5, Duration::from_secs(30));
        broken(&breaker);
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            assert!(breaker.pass().is_err());
            tokio::time::advance(Duration::from_secs(seconds)).await;
            let probe = breaker.pass().unwrap();
            assert!(breaker.pass().is_err(), "a second probe at once");
            probe.fail();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_success_closes_it() {
        let breaker = Breaker::new(5, Duration::from_secs(30));
        broken(&breaker);
        tokio::time::advance(FIRST_STEP).await;
        breaker.pass().unwrap().succeed();
        assert!(!breaker.is_open());
        assert!(breaker.pass().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_straggler_neither_closes_nor_prolongs_it() {
        let breaker = Breaker::new(5, Duration::from_secs(30));
        let (late_success, late_failure) = (breaker.pass().unwrap(), breaker.pass().unwrap());
        broken(&breaker);
        late_success.succeed();
        late_failure.fail();
        assert_eq!(breaker.pass().unwrap_err(), FIRST_STEP);
    }

    #[tokio::test(start_paused = true)]
    async fn a_doubtful_answer_neither_opens_nor_closes_it() {
        let breaker = Breaker::new(5, Duration::from_secs(30));
        for _ in 0..10 {
            breaker.pass().unwrap().doubt();
        }
        assert!(!breaker.is_open());
        broken(&breaker);
        tokio::time::advance(FIRST_STEP).await;
        breaker.pass().unwrap().doubt();
        assert!(breaker.pass().unwrap_err() > FIRST_STEP);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_vanishes_lets_the_next_one_go() {
        let breaker = Breaker::new(5, Duration::from_secs(30));
        broken(&breaker);
        tokio::time::advance(FIRST_STEP).await;
        drop(breaker.pass().unwrap());
        assert!(breaker.pass().is_ok());
    }
}
