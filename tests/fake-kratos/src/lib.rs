//! An in-memory Ory Kratos (as of v26.2): the admin calls on identities that identity-resolver and its operators
//! use, the public listener as far as it answers without a session, faults on demand and a count of calls.
//! It speaks real HTTP on real sockets; nothing here may ever be part of a production image.

mod admin;
mod clock;
mod control;
mod counts;
mod draft;
mod fault;
mod handle;
mod herodot;
mod identity;
mod normalise;
mod patch;
mod public;
mod reply;
mod route;
mod schema;
mod server;
mod shared;
mod store;
mod wire;

pub use fault::{Action, Garbage, Rule, RuleId};
pub use handle::{FakeKratos, Options};
pub use identity::Identity;
pub use route::PathKind;
