//! What a run is told by its environment, all of it by `tests/env/bench.sh`.

use std::{path::PathBuf, time::Duration};

use anyhow::ensure;
use bench::environment::{number, program, server};
use url::Url;

/// How many users the large table has, if nothing is said; the small one has [`FEW`].
const USERS: u32 = 1_000_000;
/// Of the small table.
pub(crate) const FEW: u32 = 10_000;
/// Rounds, if nothing is said: fewer have no median worth the name.
const ROUNDS: u32 = 5;
/// How long each kind of call is timed in each round, if nothing is said.
const SECONDS: u32 = 3;
/// Connections of every kind of call, if nothing is said.
const CONNECTIONS: u32 = 8;

pub(crate) struct Settings {
    /// A server, without a database.
    pub(crate) server: Url,
    /// The service, built for release with the feature `bench`.
    pub(crate) program: PathBuf,
    pub(crate) users: u32,
    pub(crate) rounds: u32,
    pub(crate) turn: Duration,
    pub(crate) connections: u32,
}

impl Settings {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let settings = Self {
            server: server()?,
            program: program()?,
            users: number("BENCH_USERS", USERS)?,
            rounds: number("BENCH_ROUNDS", ROUNDS)?,
            turn: Duration::from_secs(number("BENCH_SECONDS", SECONDS)?.into()),
            connections: number("BENCH_CONNECTIONS", CONNECTIONS)?,
        };
        ensure!(settings.users >= FEW, "BENCH_USERS is {FEW} or more");
        ensure!((1..=100).contains(&settings.rounds), "BENCH_ROUNDS is 1 to 100");
        ensure!((1..=60).contains(&settings.turn.as_secs()), "BENCH_SECONDS is 1 to 60");
        // The service's own pool has 16, three quarters of them for writers.
        ensure!((1..=12).contains(&settings.connections), "BENCH_CONNECTIONS is 1 to 12");
        Ok(settings)
    }
}
