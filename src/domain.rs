//! The rules: types and decisions. No I/O, no async, no clock, nothing of ours from outside this folder.

pub mod email;
pub mod history;
pub mod identity;
pub mod ids;
pub mod policy;
pub mod proof;
pub mod reason;
pub mod review;
pub mod traits;
pub mod user;
pub mod user_columns;
