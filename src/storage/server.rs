//! Which database server this is, and whether it can be entered at all.

use std::time::Duration;

use sqlx::Connection as _;

use super::{
    Connection, StorageError,
    connect::{Connector, REQUEST},
    pool::open_alone,
};
use crate::config::Database;

/// Opening a connection may take this long.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whose server, and which version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Whether it is MariaDB; else it is MySQL, or what passes for it.
    pub is_mariadb: bool,
    /// Major, minor, patch.
    pub version: (u32, u32, u32),
}

impl Server {
    /// From what the server's `VERSION()` says.
    fn parse(text: &str) -> Option<Self> {
        let is_mariadb = text.contains("MariaDB");
        // What some proxies put before MariaDB's own.
        let text = if is_mariadb { text.strip_prefix("5.5.5-").unwrap_or(text) } else { text };
        let digits = text.split(|sign: char| !sign.is_ascii_digit() && sign != '.').next()?;
        let mut parts = digits.split('.').map(|part| part.parse().unwrap_or_default());
        let version = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
        Some(Self { is_mariadb, version })
    }
}

/// Opens one connection outside the pool and closes it: the error is the server's own.
pub async fn enter(config: &Database) -> Result<(), StorageError> {
    let raw = open_alone(&Connector::try_new(config)?, REQUEST, PATIENCE).await?;
    // What counts is that it was open.
    let _ = raw.close().await;
    Ok(())
}

/// Asks the server; `None` where it answers with no version.
pub async fn ask(connection: &mut Connection) -> Result<Option<Server>, StorageError> {
    let (text,): (String,) = sqlx::query_as("SELECT VERSION()").fetch_one(connection).await?;
    Ok(Server::parse(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_both_servers_are_understood() {
        for (text, is_mariadb, version) in [
            ("10.11.19-MariaDB-0+deb12u1", true, (10, 11, 19)),
            ("5.5.5-11.4.2-MariaDB-log", true, (11, 4, 2)),
            ("9.7.4", false, (9, 7, 4)),
            ("8.0.36-0ubuntu0.22.04.1", false, (8, 0, 36)),
            ("8.4", false, (8, 4, 0)),
        ] {
            assert_eq!(Server::parse(text), Some(Server { is_mariadb, version }), "{text}");
        }
        assert_eq!(Server::parse("of tomorrow"), None);
    }
}
