//! Which room of the house may know which: the table of the architecture, as data.

use super::paths::Spoken;

/// What one room may know.
pub(super) struct Rules {
    rooms: &'static [&'static str],
    foreign: Foreign,
    /// Its own section of `config`, when it may know one.
    section: Option<&'static str>,
    /// No `async` at all.
    pub(super) is_pure: bool,
}

enum Foreign {
    /// Crates that do outside work, all but these.
    WorkersBut(&'static [&'static str]),
    /// Only these crates.
    Only(&'static [&'static str]),
}

/// Crates that speak to the outside; each belongs to one or two rooms.
const WORKERS: [&str; 12] = [
    "sqlx",
    "sqlx_core",
    "sqlx_mysql",
    "deadpool",
    "reqwest",
    "hyper",
    "ory_kratos_client",
    "actix_web",
    "actix_http",
    "actix_rt",
    "actix_server",
    "tracing_actix_web",
];

/// What any crate can name without asking.
const LANGUAGE: [&str; 5] = ["std", "core", "alloc", "Self", "clippy"];

const ALL: [&str; 17] = [
    "app",
    "cli",
    "clock",
    "config",
    "doctor",
    "domain",
    "faults",
    "http",
    "io",
    "jobs",
    "kratos",
    "main",
    "outbox",
    "shutdown",
    "startup",
    "storage",
    "telemetry",
];

const NOTHING: &[&str] = &[];
const ADAPTER: &[&str] = &["clock", "domain", "faults", "telemetry"];
const BESIDE: &[&str] = &["clock", "config", "domain", "faults", "io", "shutdown", "telemetry"];

/// Whether the crate has a top-level module of that name.
pub(super) fn is_room(name: &str) -> bool {
    ALL.contains(&name)
}

/// What a room may know; none for a room that is not in the table.
pub(super) fn of(room: &str) -> Option<Rules> {
    use Foreign::{Only, WorkersBut};
    let http = &["actix_web", "actix_http", "tracing_actix_web"];
    let rules = |rooms, foreign, section| Some(Rules { rooms, foreign, section, is_pure: false });
    match room {
        "domain" => {
            // The last two are tables of Unicode: no two addresses can be compared without them.
            let foreign = Only(&["uuid", "time", "thiserror", "idna", "unicode_normalization"]);
            Some(Rules { rooms: NOTHING, foreign, section: None, is_pure: true })
        }
        "kratos" => rules(ADAPTER, WorkersBut(&["reqwest", "ory_kratos_client"]), Some("kratos")),
        "storage" => {
            rules(ADAPTER, WorkersBut(&["sqlx", "sqlx_core", "sqlx_mysql", "deadpool"]), Some("database"))
        }
        "outbox" => rules(ADAPTER, WorkersBut(&["reqwest"]), None),
        "app" => {
            rules(&["clock", "domain", "faults", "kratos", "storage", "telemetry"], WorkersBut(NOTHING), None)
        }
        // `shutdown` too: only `http` can tell a probe that this replica is about to stop.
        "http" => {
            rules(&["app", "domain", "faults", "io", "shutdown", "telemetry"], WorkersBut(http), Some("http"))
        }
        "jobs" => rules(
            &["app", "clock", "domain", "kratos", "outbox", "shutdown", "storage", "telemetry"],
            WorkersBut(NOTHING),
            None,
        ),
        "clock" | "config" | "faults" | "io" | "shutdown" | "telemetry" => {
            rules(BESIDE, WorkersBut(NOTHING), None)
        }
        "startup" | "cli" | "doctor" | "main" | "lib" => rules(&ALL, WorkersBut(&WORKERS), None),
        _ => None,
    }
}

impl Rules {
    /// Whether this path of our own crate may be spoken.
    pub(super) fn may_use(&self, path: &[String]) -> bool {
        let Some(room) = path.get(1) else { return false };
        if self.rooms.contains(&room.as_str()) {
            return true;
        }
        room == "config" && path.get(2).is_some_and(|section| self.owns(section))
    }

    /// Whether `config::…`, after a bare `use crate::config`, only ever means the room's own section.
    pub(super) fn speaks_of_its_section(&self, paths: &[Spoken]) -> bool {
        let mut after = paths.iter().filter(|spoken| spoken.path[0] == "config");
        self.section.is_some()
            && after.all(|spoken| spoken.path.get(1).is_some_and(|section| self.owns(section)))
    }

    fn owns(&self, section: &str) -> bool {
        self.section.is_some_and(|own| section.to_lowercase().starts_with(own))
    }

    /// Whether a path that starts with this name belongs to a crate the room must not know.
    pub(super) fn forbids_crate(&self, name: &str) -> bool {
        match self.foreign {
            Foreign::WorkersBut(own) => WORKERS.contains(&name) && !own.contains(&name),
            // Types and variants begin with a capital; a crate never does.
            Foreign::Only(known) => {
                let is_name = name.starts_with(|first: char| first.is_ascii_lowercase());
                is_name && CRATES.contains(&name) && !known.contains(&name) && !LANGUAGE.contains(&name)
            }
        }
    }
}

/// Crates that a pure room could be tempted by, besides the workers.
const CRATES: [&str; 28] = [
    "sqlx",
    "deadpool",
    "reqwest",
    "ory_kratos_client",
    "actix_web",
    "actix_http",
    "actix_rt",
    "tracing_actix_web",
    "anyhow",
    "clap",
    "futures_util",
    "mimalloc",
    "prometheus",
    "secrecy",
    "serde",
    "serde_json",
    "serde_saphyr",
    "socket2",
    "tokio",
    "tokio_util",
    "tracing",
    "tracing_subscriber",
    "url",
    "validator",
    "hyper",
    "http",
    "rand",
    "log",
];
