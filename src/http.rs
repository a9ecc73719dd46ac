//! Both listeners: handlers extract, call a use case through [`crate::io::Io`], and view its outcome. Status codes
//! stand only here, in `problem`, through which framework-made errors pass too.

pub use self::{
    listener::Listener,
    routes::{Route, routes},
    server::{Parts, Servers},
};

mod audit;
mod batch;
#[cfg(feature = "bench")]
mod bench;
mod body;
mod caller;
mod correlation;
mod edge;
mod health;
mod listener;
mod meta;
mod panics;
mod problem;
mod resolve;
mod reverse;
mod routes;
mod server;
mod span;
mod state;

pub use panics::report_panics;
