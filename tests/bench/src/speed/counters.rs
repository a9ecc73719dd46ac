//! The server's own count of statements, so that neither side of a comparison can ask for less than it says.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use sqlx::MySqlPool;

/// Counted beside the sum of all.
const KINDS: [&str; 6] = ["Questions", "Com_select", "Com_insert", "Com_update", "Com_begin", "Com_commit"];
/// What one side may ask for more than the other: a lost race, or the statement that follows the last answer.
const TOLERANCE: f64 = 0.02;

/// Statements since the server started, by kind.
pub(crate) struct Counters(BTreeMap<String, f64>);

/// Statements of one call, by kind.
pub(crate) struct PerCall(Vec<(&'static str, f64)>);

impl Counters {
    pub(crate) async fn read(pool: &MySqlPool) -> anyhow::Result<Self> {
        let rows: Vec<(String, String)> = sqlx::query_as("SHOW GLOBAL STATUS").fetch_all(pool).await?;
        let numbers = rows.into_iter().filter_map(|(name, value)| Some((name, value.parse().ok()?)));
        Ok(Self(numbers.collect()))
    }

    /// What each of so many calls since then took on the average.
    pub(crate) fn since(&self, then: &Self, calls: u32) -> anyhow::Result<PerCall> {
        let per_call = KINDS.map(|kind| {
            let count = |counters: &Self| counters.0.get(kind).copied().context("a counter of the server");
            // Reading them was a statement of its own.
            let own = if kind == "Questions" { 1.0 } else { 0.0 };
            anyhow::Ok((kind, (count(self)? - count(then)? - own) / f64::from(calls.max(1))))
        });
        Ok(PerCall(per_call.into_iter().collect::<Result<_, _>>()?))
    }
}

impl PerCall {
    /// Fails where the two do not ask for the same.
    pub(crate) fn compare(&self, other: &Self) -> anyhow::Result<()> {
        for ((kind, ours), (_, theirs)) in self.0.iter().zip(&other.0) {
            let is_same = (ours - theirs).abs() <= TOLERANCE * ours.abs().max(1.0);
            ensure!(is_same, "{kind} of a provision: {ours:.2} by the service and {theirs:.2} sent bare");
        }
        Ok(())
    }
}

impl std::fmt::Display for PerCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self
            .0
            .iter()
            .map(|(kind, count)| format!("{} {count:.2}", kind.trim_start_matches("Com_")))
            .collect();
        f.write_str(&parts.join(", "))
    }
}
