//! Under fire: clients that vanish, databases that die, processes that are killed. These tests run alone.

mod commits;
mod database_kills;
mod failover;
mod kills;
mod resets;
