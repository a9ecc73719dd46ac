//! The service as the tests run it: `src/main.rs` over again, linked with the feature `faults`.

use std::process::ExitCode;

/// The service's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    identity_resolver::cli::run(std::env::args_os())
}
