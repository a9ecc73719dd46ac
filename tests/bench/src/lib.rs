//! What both benches stand on: a database of their own, the people in it, and the service as a process.

pub mod console;
pub mod environment;
pub mod people;
pub mod service;
pub mod table;
