//! Callers in numbers. `open_loop` sends at a rate whatever becomes of the answers, as the world does, and measures
//! from the moment a call was due: a driver that waits for answers would hide the very waits it is to show.

use super::answer::Answer;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// One call of a load.
#[derive(Debug)]
pub(crate) struct Shot {
    /// When it was due, since the load began.
    pub(crate) due: Duration,
    /// From then to the last byte of the answer, or to the end of hope.
    pub(crate) took: Duration,
    /// None where the connection gave no answer.
    pub(crate) answer: Option<Answer>,
}

impl Shot {
    /// The status; 0 for no answer.
    pub(crate) fn status(&self) -> u16 {
        self.answer.as_ref().map_or(0, |answer| answer.status)
    }
}

/// Makes the calls `call(0)`, `call(1)`, … at `rate` a second for so long, and gives them all once they have ended.
pub(crate) async fn open_loop<E, F>(
    rate: u32,
    length: Duration,
    call: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Vec<Shot>
where
    F: Future<Output = Result<Answer, E>> + Send + 'static,
    E: Send + 'static,
{
    let (start, call) = (Instant::now(), Arc::new(call));
    let total = (f64::from(rate) * length.as_secs_f64()) as usize;
    let mut running = JoinSet::new();
    let mut shots = Vec::with_capacity(total);
    for number in 0..total {
        let due = Duration::from_secs_f64(number as f64 / f64::from(rate));
        sleep_until(start + due).await;
        let call = Arc::clone(&call);
        running.spawn(async move {
            let answer = call(number).await.ok();
            Shot { due, took: (start + due).elapsed(), answer }
        });
        while let Some(done) = running.try_join_next() {
            shots.push(done.expect("a call"));
        }
    }
    shots.extend(running.join_all().await);
    shots
}

/// The time within which so many in a hundred of them ended; zero of none.
pub(crate) fn percentile<'a>(shots: impl IntoIterator<Item = &'a Shot>, percent: f64) -> Duration {
    let mut times: Vec<Duration> = shots.into_iter().map(|shot| shot.took).collect();
    times.sort_unstable();
    let rank = (times.len() as f64 * percent / 100.0).ceil() as usize;
    times.get(rank.saturating_sub(1).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
