//! `migrate [up|down --to N|status]`: the schema. Any number of hosts may start it at once.

use std::io::IsTerminal;

use anyhow::Context;
use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::json;

use super::{Failed, print, source};
use crate::{
    config::{self, Database},
    startup,
    storage::migrations::{self, MigrationError},
};

pub(super) fn command() -> Command {
    let to = Arg::new("to")
        .long("to")
        .value_name("VERSION")
        .required(true)
        .value_parser(value_parser!(i64).range(0..))
        .help("The version to keep, as `status` prints it; 0 takes everything back");
    let down =
        Command::new("down").about("Takes back every migration after a version, and the data in its tables");
    Command::new("migrate")
        .about("Brings the schema up (the default), down, or shows where it stands")
        // Before or after the word: a flag that is taken in silence would be worse than one that is refused.
        .args(config::args().map(|arg| arg.global(true)))
        .subcommand(Command::new("up").about("Runs what has not run"))
        .subcommand(down.arg(to))
        .subcommand(Command::new("status").about("Lists every migration"))
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failed> {
    let (action, matches) = matches.subcommand().unwrap_or(("up", matches));
    let database = Database::load(&source(matches))?;
    let runtime = startup::io_runtime().context("the runtime")?;
    let holder = holder();
    let outcome = match action {
        "status" => runtime.block_on(migrations::status(&database)).map(|status| {
            for line in status.lines {
                report(state(line.applied), line.version, Some(&line.name));
            }
            report_adoption(state(status.adopted));
        }),
        "down" => {
            let target = matches.get_one::<i64>("to").copied().unwrap_or_default();
            let done = runtime.block_on(migrations::down(&database, &holder, target));
            done.map(|versions| report_all("reverted", &versions))
        }
        _ => runtime.block_on(migrations::up(&database, &holder)).map(|done| {
            done.adopted.iter().for_each(|what| report_adopted(what));
            if done.adopted.is_empty() || !done.versions.is_empty() {
                report_all("applied", &done.versions);
            }
        }),
    };
    outcome.map_err(|error| match error {
        MigrationError::UnknownVersion(_) => Failed::Usage(format!("identity-resolver: {error}")),
        error => Failed::Work(error.into()),
    })
}

fn report_all(what: &str, versions: &[i64]) {
    for version in versions {
        report(what, *version, None);
    }
    if versions.is_empty() && std::io::stdout().is_terminal() {
        print("nothing to do");
    }
}

/// As [`report`], for what the table `user` got.
fn report_adopted(what: &str) {
    if std::io::stdout().is_terminal() {
        print(&format!("adopted         {what}"));
    } else {
        print(&json!({"adopted": what}).to_string());
    }
}

/// A line for people on a terminal, a JSON line for programs elsewhere.
fn report(what: &str, version: i64, name: Option<&str>) {
    if std::io::stdout().is_terminal() {
        print(&format!("{version}  {what:<8}  {}", name.unwrap_or_default()));
    } else {
        print(&json!({"migration": version, "state": what}).to_string());
    }
}

fn state(is_done: bool) -> &'static str {
    if is_done { "applied" } else { "pending" }
}

/// As [`report`], for the table `user`, whose adoption is no file of its own.
fn report_adoption(state: &str) {
    if std::io::stdout().is_terminal() {
        print(&format!("{:14}  {state:<8}  what the table user needs", ""));
    } else {
        print(&json!({"adoption": "user", "state": state}).to_string());
    }
}

/// For people who ask who holds the lease.
fn holder() -> String {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let host: String = host.chars().filter(char::is_ascii_graphic).take(80).collect();
    format!("{host}:{}", std::process::id())
}
