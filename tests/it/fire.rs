//! Under fire: clients that vanish, databases that die, processes that are killed, callers that stampede. These tests
//! look at times and memory, so nothing runs beside them: `make test` runs them after all others, one at a time.

mod breaker;
mod commits;
mod database_kills;
mod failover;
mod kills;
mod overload;
mod panics;
mod replicas;
mod resets;
mod stop;
mod stuck;
mod unknown;
