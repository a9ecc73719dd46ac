//! The commands: exit codes, what they print, how `serve` starts on an unfit schema and how it stops.

mod doctor;
mod lifecycle;
mod schema;
mod settings;
