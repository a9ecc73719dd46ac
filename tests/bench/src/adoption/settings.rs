//! What a run is told by its environment, all of it by `tests/env/bench.sh`.

use std::path::PathBuf;

use anyhow::ensure;
use bench::environment::{number, program, server};
use url::Url;

/// How many users the table has, if nothing is said.
const USERS: u32 = 1_000_000;
/// How many calls of one kind are timed at each number of callers, if nothing is said.
const CALLS: u32 = 2_000;
/// Fewer would leave no user for every call.
const LEAST_USERS_PER_CALL: u32 = 20;

pub(crate) struct Settings {
    /// A server, without a database.
    pub(crate) server: Url,
    /// The service, built for release.
    pub(crate) program: PathBuf,
    pub(crate) users: u32,
    pub(crate) calls: u32,
}

impl Settings {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let settings = Self {
            server: server()?,
            program: program()?,
            users: number("BENCH_USERS", USERS)?,
            calls: number("BENCH_CALLS", CALLS)?,
        };
        let least = settings.calls * LEAST_USERS_PER_CALL;
        ensure!(settings.calls >= 100, "BENCH_CALLS is 100 or more: fewer have no p99");
        ensure!(
            settings.users >= least,
            "BENCH_USERS is {least} or more for {} calls of a kind",
            settings.calls
        );
        Ok(settings)
    }
}
