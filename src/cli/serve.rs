//! `serve`: the HTTP API, until SIGTERM or SIGINT.

use clap::Command;

use super::Failed;
use crate::{
    config::{Config, Source},
    startup::{self, NotServing},
};

pub(super) fn command() -> Command {
    Command::new("serve").about("Serves the HTTP API until SIGTERM or SIGINT, then drains and exits 0")
}

pub(super) fn run(source: &Source) -> Result<(), Failed> {
    match startup::serve(Config::load(source)?) {
        Ok(()) => Ok(()),
        Err(first @ (NotServing::MigrationPending(_) | NotServing::SchemaTooNew(_))) => {
            Err(Failed::Usage(format!("identity-resolver: {first}")))
        }
        Err(wrong @ NotServing::WrongColumns(_)) => Err(Failed::Usage(wrong.to_string())),
        Err(NotServing::Failed(error)) => Err(Failed::Work(error)),
    }
}
