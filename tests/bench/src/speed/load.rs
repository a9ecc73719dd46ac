//! Two ways to call: as fast as the answers come (closed), which gives a rate, and at times set beforehand (open),
//! which gives the waits that callers have who do not slow down for a slow service.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use uuid::Uuid;

use crate::wire::{Route, Wire};

/// Callers of the open loop: so many may wait at once before a call starts late, which its wait then has in it.
const OPEN_CALLERS: u32 = 64;
/// Before it is timed.
const WARM_UP: Duration = Duration::from_millis(500);

/// Whom to call where.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) address: &'a str,
    pub(crate) route: Route,
    /// The identity that is asked for in the call of this number, or nobody any more.
    pub(crate) who: &'a dyn Fn(u32) -> Option<Uuid>,
}

/// Calls for so long on so many connections; the number of calls and the time they took.
pub(crate) async fn closed(
    target: Target<'_>,
    connections: u32,
    turn: Duration,
) -> anyhow::Result<(u32, Duration)> {
    let next = Cell::new(0);
    let wires = (0..connections).map(|_| Wire::open(target.address, target.route));
    let wires = try_join_all(wires).await?;
    let begin = Instant::now();
    let callers = wires.into_iter().map(|mut wire| {
        let next = &next;
        async move {
            while begin.elapsed() < turn {
                let number = next.replace(next.get() + 1);
                let who = (target.who)(number);
                let who = who.ok_or_else(|| anyhow::anyhow!("nobody is left to be asked for"))?;
                wire.call(who).await?;
            }
            anyhow::Ok(())
        }
    });
    try_join_all(callers).await?;
    Ok((next.get(), begin.elapsed()))
}

/// Calls `rate` times a second for so long; how long each call took, counted from when it was due, the shortest first.
pub(crate) async fn open(target: Target<'_>, rate: u32, turn: Duration) -> anyhow::Result<Vec<Duration>> {
    let gap = Duration::from_secs(1) / rate;
    let wires = (0..OPEN_CALLERS).map(|_| Wire::open(target.address, target.route));
    let wires = try_join_all(wires).await?;
    let next = Cell::new(0);
    let begin = tokio::time::Instant::now() + Duration::from_millis(10);
    let callers = wires.into_iter().map(|mut wire| {
        let next = &next;
        async move {
            let mut waits = Vec::new();
            loop {
                let number = next.replace(next.get() + 1);
                let due = gap * number;
                if due >= WARM_UP + turn {
                    return anyhow::Ok(waits);
                }
                tokio::time::sleep_until(begin + due).await;
                let who = (target.who)(number);
                wire.call(who.ok_or_else(|| anyhow::anyhow!("nobody is left to be asked for"))?).await?;
                if due >= WARM_UP {
                    waits.push((begin + due).elapsed());
                }
            }
        }
    });
    let mut waits = try_join_all(callers).await?.concat();
    waits.sort_unstable();
    Ok(waits)
}
