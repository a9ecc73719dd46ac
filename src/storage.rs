//! The database, spoken to in domain types: the only room with SQL. One file per table, and what carries
//! them: `connect` (one connection), `pool` (who may have one, and for how long), `tx` (a transaction as a
//! value), `migrations` (the schema), `adoption` (a table `user` of somebody else), `lease` (singleton work).

use time::{OffsetDateTime, PrimitiveDateTime};

pub use self::{
    error::StorageError,
    pool::{Connection, Pool},
    tx::Tx,
};

pub mod address_claim;
pub mod adoption;
mod columns;
mod connect;
mod error;
mod id_list;
pub mod lease;
pub mod link_bar;
pub mod link_history;
pub mod links;
pub mod migrations;
mod nodelay;
mod pool;
mod reach;
pub mod refusal;
pub mod review;
pub mod rights;
pub mod schema;
pub mod server;
mod tx;
pub mod user;
pub mod user_link;

/// As a `DATETIME(6)` holds it: the time of a session is UTC, and so are all of ours.
fn stored(at: OffsetDateTime) -> PrimitiveDateTime {
    PrimitiveDateTime::new(at.date(), at.time())
}
