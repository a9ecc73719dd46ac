//! What the behaviours share: a database, a service, the double, the one HTTP client and the document it
//! holds every answer against. Nothing here asserts a behaviour of its own.

pub(crate) mod answer;
pub(crate) mod balancer;
pub(crate) mod client;
pub(crate) mod contract;
pub(crate) mod crowd;
pub(crate) mod database;
pub(crate) mod dice;
pub(crate) mod history;
pub(crate) mod lean;
pub(crate) mod load;
pub(crate) mod log;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod raw;
pub(crate) mod reviews;
pub(crate) mod rows;
pub(crate) mod server;
pub(crate) mod service;
pub(crate) mod sessions;
pub(crate) mod whole;
pub(crate) mod world;

use std::future::Future;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Something that goes on while the test does something else; it ends with the test at the latest.
pub(crate) struct Meanwhile<T>(JoinSet<T>);

impl<T: Send + 'static> Meanwhile<T> {
    /// Begins at once.
    pub(crate) fn start(work: impl Future<Output = T> + Send + 'static) -> Meanwhile<T> {
        let mut running = JoinSet::new();
        running.spawn(work);
        Meanwhile(running)
    }

    /// Waits for what came of it.
    pub(crate) async fn done(mut self) -> T {
        self.0.join_next().await.expect("one task").expect("it does not panic")
    }
}

/// The server that `make test` gives in its one variable, or a word on how to get it.
pub(crate) fn database_server() -> url::Url {
    let value = std::env::var_os("TEST_DATABASE_URL").expect("TEST_DATABASE_URL is not set: run `make test`");
    let value = value.into_string().expect("TEST_DATABASE_URL is not UTF-8");
    let url: url::Url = value.parse().expect("TEST_DATABASE_URL is mysql://user:pw@host:port/");
    assert!(url.path().trim_matches('/').is_empty(), "TEST_DATABASE_URL names a server and no database");
    url
}

/// How long or often a test does something: the environment variable's number, else the one of `make test`.
pub(crate) fn number(variable: &str, preset: u64) -> u64 {
    let given = std::env::var_os(variable).map(|value| value.to_str().and_then(|value| value.parse().ok()));
    given.map_or(preset, |value| value.unwrap_or_else(|| panic!("{variable} is a number")))
}

/// One line for a goal that a test measures; panics where it is missed.
pub(crate) fn goal(name: &str, figure: impl std::fmt::Display, is_met: bool) {
    println!("goal: {name}: {figure}: {}", if is_met { "pass" } else { "FAIL" });
    assert!(is_met, "missed: {name}: {figure}");
}

/// Asks `probe` again and again until it gives something; panics with `what` after `limit`.
pub(crate) async fn eventually<T, F, P>(what: &str, limit: Duration, mut probe: P) -> T
where
    F: Future<Output = Option<T>>,
    P: FnMut() -> F,
{
    let start = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
