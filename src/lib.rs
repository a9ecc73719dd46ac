//! The map of identity-resolver: it keeps the one-to-one link between Ory Kratos *identities* and the *users*
//! of a platform.
//!
//! ```text
//!   triggers       http            cli              translate one trigger into one call
//!                   │              │
//!   use cases       app  ◀─────────┘                asked for now
//!                   │
//!   adapters       storage   kratos                 one outside system each, spoken to in domain types
//!                   │          │
//!   rules                  domain                   types and decisions: no I/O, no async, no clock
//!
//!   beside them: config · telemetry · clock · shutdown · io · faults
//!   above them:  startup (assembles) · doctor (looks at everything, changes nothing) · main (exits)
//! ```
//!
//! Arrows point down only; `tests/it/architecture.rs` reads every path in the source and says so. SQL stands only
//! in `storage`, generated Kratos types only in `kratos`, status codes only in `http`; `authId` is written only by
//! `app/link.rs`.
//!
//! **The I/O rule.** A dropped database future can cost a pool its slot for good, and actix drops a handler's
//! future when its client resets the connection. So the HTTP layer never awaits a use case: [`io::Io::run`] spawns
//! it on the one I/O runtime, and only its handle is awaited, timed out or dropped. Below, no database future is
//! ever put into a time limit or a `select`, except in `storage/pool.rs`, which owns the connection and closes it.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod domain;
mod faults;
pub mod http;
pub mod io;
pub mod kratos;
pub mod shutdown;
pub mod startup;
pub mod storage;
pub mod telemetry;
