//! Callers in numbers. `open_loop` sends at a rate whatever becomes of the answers, as the world does, and measures
//! from the moment a call was due: a driver that waits for answers would hide the very waits it is to show.

use super::answer::Answer;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// One call of a load.
#[derive(Debug)]
pub(crate) struct Shot {
    /// Which call it was.
    pub(crate) number: usize,
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
    let total = usize::try_from(u128::from(rate) * length.as_millis() / 1_000).expect("a number of calls");
    shoot(rate, move |number| number < total, call).await
}

/// As `open_loop`, until `over` is set.
pub(crate) async fn open_loop_until<E, F>(
    rate: u32,
    over: Arc<AtomicBool>,
    call: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Vec<Shot>
where
    F: Future<Output = Result<Answer, E>> + Send + 'static,
    E: Send + 'static,
{
    shoot(rate, move |_| !over.load(Ordering::SeqCst), call).await
}

async fn shoot<E, F>(
    rate: u32,
    goes_on: impl Fn(usize) -> bool,
    call: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Vec<Shot>
where
    F: Future<Output = Result<Answer, E>> + Send + 'static,
    E: Send + 'static,
{
    let start = Instant::now();
    let mut running = JoinSet::new();
    let mut shots = Vec::new();
    for number in (0..).take_while(|number| goes_on(*number)) {
        let nanos = u64::try_from(number).expect("64 bits") * 1_000_000_000 / u64::from(rate);
        let due = Duration::from_nanos(nanos);
        sleep_until(start + due).await;
        let answer = call(number);
        running.spawn(async move {
            let answer = answer.await.ok();
            Shot { number, due, took: (start + due).elapsed(), answer }
        });
        while let Some(done) = running.try_join_next() {
            shots.push(done.expect("a call"));
        }
    }
    shots.extend(running.join_all().await);
    shots
}

/// So many callers, each of which makes its next call when the last one was answered: what can be had at most.
pub(crate) async fn closed_loop<E, F>(
    callers: usize,
    length: Duration,
    call: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Vec<Shot>
where
    F: Future<Output = Result<Answer, E>> + Send + 'static,
    E: Send + 'static,
{
    let (start, call, next) = (Instant::now(), Arc::new(call), Arc::new(AtomicUsize::new(0)));
    let mut running = JoinSet::new();
    for _ in 0..callers {
        let (call, next) = (Arc::clone(&call), Arc::clone(&next));
        running.spawn(async move {
            let mut shots = Vec::new();
            while start.elapsed() < length {
                let due = start.elapsed();
                let number = next.fetch_add(1, Ordering::SeqCst);
                let answer = call(number).await.ok();
                shots.push(Shot { number, due, took: start.elapsed().saturating_sub(due), answer });
            }
            shots
        });
    }
    running.join_all().await.into_iter().flatten().collect()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank among few enough calls to count them"
)]
/// The time within which so many in a hundred of them ended; zero of none.
pub(crate) fn percentile<'a>(shots: impl IntoIterator<Item = &'a Shot>, percent: f64) -> Duration {
    let mut times: Vec<Duration> = shots.into_iter().map(|shot| shot.took).collect();
    times.sort_unstable();
    let rank = (times.len() as f64 * percent / 100.0).ceil() as usize;
    times.get(rank.saturating_sub(1).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
