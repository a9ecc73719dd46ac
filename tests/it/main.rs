//! The black-box tests: the built program as separate processes, over HTTP, on a real database, with the
//! double in place of Kratos. `support` holds what they share; every other file is one behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that meets the unexpected must stop and say so; the lints' own exemption covers only #[test] functions, not what they call"
)]

mod addresses;
mod adoption;
mod architecture;
mod audit;
mod bad_input;
mod batch;
mod commands;
mod contract;
mod coverage;
mod fire;
mod kratos_faults;
mod limits;
mod linking_abuse;
mod metrics;
mod model;
mod plans;
mod policy;
mod pool;
mod privacy;
mod races;
mod resolve;
mod reverse;
mod reviews;
mod routes;
mod support;
