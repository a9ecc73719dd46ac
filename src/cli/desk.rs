//! What the commands of a person have in common: the settings of `serve`, a migrated schema, an actor, a reason.

use std::{os::unix::fs::MetadataExt, sync::Arc};

use anyhow::Context;
use clap::{Arg, ArgMatches};
use tokio::runtime::Runtime;

use super::{Failed, source};
use crate::{
    app::{
        by_hand::{Desk, NotDone, Person},
        health::Health,
    },
    config::Config,
    domain::{ids::AuditId, reason::Reason},
    kratos, startup,
    storage::{Pool, schema::Standing},
    telemetry::Metrics,
};

/// Opened for one command.
pub(super) struct Office {
    desk: Desk,
    // Declared last: what is above may only be dropped while it runs.
    runtime: Runtime,
}

impl Office {
    /// Refuses a schema that must be migrated first.
    pub(super) fn open(matches: &ArgMatches) -> Result<Self, Failed> {
        let config = Config::load(&source(matches))?;
        let metrics = Arc::new(Metrics::try_new().context("the metrics")?);
        let runtime = startup::io_runtime().context("the runtime")?;
        let pool = Pool::try_new(&config.database, Arc::clone(&metrics)).context("the database settings")?;
        let pool = pool.with_user_columns(config.user_columns.clone());
        let kratos = kratos::Client::try_new(&config.kratos, metrics).context("the Kratos settings")?;
        let kratos = Arc::new(kratos);
        let health = Health::new(pool.clone(), Arc::clone(&kratos));
        match runtime.block_on(health.standing()).context("the database")? {
            Standing::Current | Standing::Newer => {}
            Standing::Pending(count) => {
                let text = startup::NotServing::MigrationPending(count);
                return Err(Failed::Usage(format!("identity-resolver: {text}")));
            }
            Standing::TooNew { least } => {
                let text = startup::NotServing::SchemaTooNew(least);
                return Err(Failed::Usage(format!("identity-resolver: {text}")));
            }
        }
        Ok(Self { desk: Desk::new(pool, kratos, config.traits, config.policy), runtime })
    }

    /// Runs one use case to its end.
    pub(super) fn run<'a, T, F>(&'a self, work: impl FnOnce(&'a Desk) -> F) -> Result<T, Failed>
    where
        F: Future<Output = Result<T, NotDone>>,
    {
        self.runtime.block_on(work(&self.desk)).map_err(|error| Failed::Work(error.into()))
    }
}

/// `--reason TEXT`.
pub(super) fn reason_arg() -> Arg {
    Arg::new("reason")
        .long("reason")
        .value_name("TEXT")
        .required(true)
        .value_parser(Reason::parse)
        .help("Why, for whoever reads the history later: 10 to 255 characters")
}

/// The person at the terminal, with the reason given.
pub(super) fn person(matches: &ArgMatches) -> Result<Person, Failed> {
    let reason = matches.get_one::<Reason>("reason").cloned();
    let reason = reason.ok_or_else(|| Failed::Usage("--reason is missing".to_owned()))?;
    Ok(Person { actor: format!("cli:{}", unix_user()), audit: AuditId::fresh(), reason })
}

/// An argument that clap has parsed.
pub(super) fn given<T: Copy + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> Result<T, Failed> {
    matches.get_one::<T>(name).copied().ok_or_else(|| Failed::Usage(format!("{name} is missing")))
}

/// By the process and not by its environment, which anybody can set; the number where it has no name.
fn unix_user() -> String {
    let Ok(process) = std::fs::metadata("/proc/self") else { return "unknown".to_owned() };
    let uid = process.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    });
    name.unwrap_or(uid).chars().filter(char::is_ascii_graphic).take(100).collect()
}
