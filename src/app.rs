//! Use cases: one call of the outside each, or one step of a job. No SQL, no HTTP, no generated types.

pub mod batch;
pub mod by_hand;
pub mod error;
pub mod health;
mod link;
pub mod lookup;
mod refusals;
pub mod resolve;
pub mod review;
