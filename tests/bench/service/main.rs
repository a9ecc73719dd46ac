//! The service as `make bench` times it: `src/main.rs` over again, linked with the feature `bench`. A program of its own
//! name, so that no build of the bench leaves its routes where the service is built to.

use std::process::ExitCode;

/// The service's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    identity_resolver::cli::run(std::env::args_os())
}
