//! A number of callers at once, each with one call after the other, and what their waits come to.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

/// The waits of one kind of call at one number of callers.
pub(crate) struct Timed {
    pub(crate) what: &'static str,
    pub(crate) callers: u32,
    /// Of the calls that were served, the shortest first.
    waits: Vec<Duration>,
    /// Calls that were turned away as too many.
    pub(crate) overloaded: usize,
    whole: Duration,
    /// What the service itself measured of Kratos meanwhile, per call.
    pub(crate) kratos: Option<Duration>,
}

impl Timed {
    /// Times one call for each number; a call that gives nothing was turned away.
    pub(crate) async fn run<F>(
        what: &'static str,
        callers: u32,
        numbers: impl Iterator<Item = u32>,
        call: impl Fn(u32) -> F,
    ) -> anyhow::Result<Self>
    where
        F: Future<Output = anyhow::Result<Option<Duration>>>,
    {
        let begin = Instant::now();
        let calls = stream::iter(numbers).map(call).buffer_unordered(callers as usize);
        let all: Vec<Option<Duration>> = calls.try_collect().await?;
        let whole = begin.elapsed();
        let mut waits: Vec<Duration> = all.iter().copied().flatten().collect();
        let overloaded = all.len() - waits.len();
        waits.sort_unstable();
        Ok(Self { what, callers, waits, overloaded, whole, kratos: None })
    }

    /// The wait that so many of a hundred calls do not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.waits.len() * percent).div_ceil(100).max(1);
        self.waits.get(rank - 1).copied().unwrap_or_default()
    }

    pub(crate) fn per_second(&self) -> f64 {
        let calls = u32::try_from(self.waits.len()).unwrap_or(u32::MAX);
        f64::from(calls) / self.whole.as_secs_f64().max(f64::EPSILON)
    }
}
