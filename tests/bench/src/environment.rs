//! What the scripts in `tests/env` tell every bench by its environment.

use std::{ffi::OsString, path::PathBuf};

use anyhow::Context as _;
use url::Url;

/// The server, without a database.
pub fn server() -> anyhow::Result<Url> {
    let server = needed("BENCH_DATABASE_URL")?.into_string().ok().and_then(|text| Url::parse(&text).ok());
    // The error of a malformed URL may hold its password.
    server.context("BENCH_DATABASE_URL is not mysql://USER:PASSWORD@HOST:PORT/")
}

/// The service, built for release.
pub fn program() -> anyhow::Result<PathBuf> {
    Ok(needed("BENCH_RESOLVER")?.into())
}

/// A whole number, or what is taken where none is said.
pub fn number(name: &str, preset: u32) -> anyhow::Result<u32> {
    let Some(said) = said(name) else { return Ok(preset) };
    said.to_str().and_then(|text| text.parse().ok()).with_context(|| format!("{name} is not a whole number"))
}

fn needed(name: &str) -> anyhow::Result<OsString> {
    said(name).with_context(|| format!("{name} is not set: run `make bench` or `make bench-adoption`"))
}

fn said(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
