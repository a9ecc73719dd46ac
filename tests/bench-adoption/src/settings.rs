//! What a run is told by its environment, all of it by `tests/env/bench_adoption.sh`.

use std::{ffi::OsString, path::PathBuf};

use anyhow::{Context as _, ensure};
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
        let needed =
            |name: &str| said(name).with_context(|| format!("{name} is not set: run `make bench-adoption`"));
        let server = needed("BENCH_DATABASE_URL")?.into_string().ok().and_then(|text| Url::parse(&text).ok());
        let settings = Self {
            // The error of a malformed URL may hold its password.
            server: server.context("BENCH_DATABASE_URL is not mysql://USER:PASSWORD@HOST:PORT/")?,
            program: needed("BENCH_RESOLVER")?.into(),
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

fn said(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn number(name: &str, preset: u32) -> anyhow::Result<u32> {
    let Some(said) = said(name) else { return Ok(preset) };
    said.to_str().and_then(|text| text.parse().ok()).with_context(|| format!("{name} is not a whole number"))
}
