//! Fault points: named places at which a test may kill this process, hold it up or make it panic. They exist only in
//! a build with the cargo feature `faults`; in any other one they are nothing at all and the variable is not read.
//!
//! `FAULTS` holds rules, separated by commas: `NAME=kill`, `NAME=panic` or `NAME=sleep:MILLISECONDS`, each with `@N`
//! behind it where only the Nth passage is meant. The one switch, `not_spawned`, has use cases run inside the HTTP
//! handler, as they would without `io`: the control of the tests that reset connections.

#[cfg(all(feature = "faults", not(debug_assertions)))]
compile_error!("fault points are for tests, never for an optimised build");

#[cfg(feature = "faults")]
mod injected;

#[cfg(feature = "faults")]
pub(crate) use injected::{kept_by_the_handler, pass};

/// A place where a test may strike.
macro_rules! fault_point {
    ($name:literal) => {
        #[cfg(feature = "faults")]
        $crate::faults::pass($name).await;
    };
}

pub(crate) use fault_point;
