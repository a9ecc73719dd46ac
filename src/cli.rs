//! The command line: one file per command. Exit codes: 0 done, 1 failed, 2 wrong usage or settings, or a schema
//! that must be migrated first; 10 warnings only (`doctor`).

use std::{ffi::OsString, io::Write, process::ExitCode};

use clap::{ArgMatches, Command};

use crate::config::{self, Faults, Source};

mod config_command;
mod desk;
mod doctor;
mod healthcheck;
mod link;
mod migrate;
mod review;
mod serve;
mod table;

/// Why a command did not succeed.
enum Failed {
    /// Exit code 1.
    Work(anyhow::Error),
    /// Exit code 2.
    Usage(String),
    /// This exit code; everything has been said.
    Told(u8),
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Self::Work(error)
    }
}

impl From<Faults> for Failed {
    fn from(faults: Faults) -> Self {
        Self::Usage(faults.to_string())
    }
}

/// Runs one command; messages go to stderr.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(usage) => {
            // clap knows whether this is help that was asked for, or an error.
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed::Work(error)) => {
            let _ = writeln!(std::io::stderr(), "identity-resolver: {error:#}");
            ExitCode::FAILURE
        }
        Err(Failed::Usage(message)) => {
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::from(2)
        }
        Err(Failed::Told(code)) => ExitCode::from(code),
    }
}

fn command() -> Command {
    Command::new("identity-resolver")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Keeps the one-to-one link between Ory Kratos identities and the users of a platform.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve::command().args(config::args()))
        .subcommand(migrate::command())
        .subcommand(config_command::command().args(config::args()))
        .subcommand(doctor::command().args(config::args()))
        .subcommand(healthcheck::command().args(config::args()))
        .subcommand(review::command())
        .subcommand(link::link_command().args(config::args()))
        .subcommand(link::unlink_command().args(config::args()))
}

fn dispatch(matches: &ArgMatches) -> Result<(), Failed> {
    match matches.subcommand() {
        Some(("serve", matches)) => serve::run(&source(matches)),
        Some(("migrate", matches)) => migrate::run(matches),
        Some(("config", matches)) => config_command::run(&source(matches)),
        Some(("doctor", matches)) => doctor::run(&source(matches)),
        Some(("healthcheck", matches)) => healthcheck::run(&source(matches)),
        Some(("review", matches)) => review::run(matches),
        Some(("link", matches)) => link::run_link(matches),
        Some(("unlink", matches)) => link::run_unlink(matches),
        _ => Err(Failed::Usage("no such command".to_owned())),
    }
}

fn source(matches: &ArgMatches) -> Source {
    Source::from_process(config::flags(matches))
}

/// To stdout; a reader that has gone away is no failure of ours.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn no_secret_has_a_flag() {
        for name in ["--database-url", "--kratos-admin-token"] {
            let args = ["identity-resolver", "serve", name, "x"];
            assert!(command().try_get_matches_from(args).is_err(), "{name}");
        }
    }
}
