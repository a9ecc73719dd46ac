//! `config`: the effective settings, secrets redacted.

use clap::Command;

use super::{Failed, print};
use crate::config::{Config, Source};

pub(super) fn command() -> Command {
    Command::new("config").about("Prints the effective settings, secrets redacted; exits 2 if any is wrong")
}

pub(super) fn run(source: &Source) -> Result<(), Failed> {
    let config = Config::load(source)?;
    for setting in config.effective(source) {
        print(&setting.to_string());
    }
    Ok(())
}
