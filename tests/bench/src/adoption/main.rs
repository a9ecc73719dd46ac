//! `make bench-adoption`: what callers wait for on an adopted table of a million users. The real service over HTTP on
//! a real database, the double in place of Kratos, all on one machine; so the figures are ratios of one run, and base
//! lines beside them say what the database and the double alone take.

mod report;
mod settings;
mod timing;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use bench::{
    console::{say, seconds},
    people,
    service::{self, Expected, Service},
    table::Database,
};
use fake_kratos::FakeKratos;
use sqlx::MySqlPool;
use tokio::signal::unix::{SignalKind, signal};

use crate::{settings::Settings, timing::Timed};

/// How many call at once.
const CALLERS: [u32; 3] = [1, 4, 16];
/// Calls of each kind before anything is timed.
const WARM_UP: u32 = 200;
/// A run that takes longer than this is given up.
const LIMIT: Duration = Duration::from_mins(20);
/// What everything is held against.
const BASE: &str = "a hit";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With stdout closed there is nobody left to tell.
            let _ = say(&format!("bench-adoption: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let settings = Settings::read()?;
    let database = Database::create(&settings.server, "", 16).await?;
    let mut terminated = signal(SignalKind::terminate())?;
    // However it ends, a server that was given is left as it was.
    let outcome = tokio::select! {
        outcome = measure(&settings, &database) => outcome,
        () = tokio::time::sleep(LIMIT) => Err(anyhow::anyhow!("not done after {}", seconds(LIMIT))),
        _ = terminated.recv() => Err(anyhow::anyhow!("stopped")),
    };
    database.drop().await?;
    let rows = outcome?;
    Ok(report::table(&rows, BASE, settings.calls)?)
}

async fn measure(settings: &Settings, database: &Database) -> anyhow::Result<Vec<Timed>> {
    say(&database.described().await?)?;
    let filled = database.fill(settings.users).await?;
    say(&format!("{} users of the platform's own: {}", settings.users, seconds(filled)))?;
    let adopted = service::migrate(&settings.program, &database.url())?;
    say(&format!("adopted, columns and keys added online: {}", seconds(adopted)))?;
    let linked = database.link_half(settings.users).await?;
    say(&format!("every other user linked, with its history: {}", seconds(linked)))?;
    let kratos = FakeKratos::start();
    let service = Service::start(&settings.program, &database.url(), &kratos.admin_url()).await?;
    let mut bench =
        Bench { users: settings.users, pool: &database.pool, kratos: &kratos, service: &service, used: 0 };
    sqlx::raw_sql("CREATE TABLE commits (n BIGINT AUTO_INCREMENT PRIMARY KEY, t CHAR(200)) ENGINE=InnoDB")
        .execute(&database.pool)
        .await?;
    bench.all_kinds(4, WARM_UP).await?;
    let begin = Instant::now();
    let mut rows = Vec::new();
    for callers in CALLERS {
        rows.extend(bench.all_kinds(callers, settings.calls).await?);
    }
    say(&format!("timed: {}", seconds(begin.elapsed())))?;
    Ok(rows)
}

/// One world to call in. Nobody is asked for twice, except in hits.
struct Bench<'a> {
    users: u32,
    pool: &'a MySqlPool,
    kratos: &'a FakeKratos,
    service: &'a Service,
    /// So many of each kind of person are used up.
    used: u32,
}

impl Bench<'_> {
    async fn all_kinds(&mut self, callers: u32, calls: u32) -> anyhow::Result<Vec<Timed>> {
        let numbers = self.used..self.used + calls;
        self.used += calls;
        let stranger = |number: u32| self.spread(4 * number + 1);
        let doubtful = |number: u32| self.spread(4 * number + 3);
        let newcomer = |number: u32| self.users + number;
        for number in numbers.clone() {
            self.kratos.seed(people::in_kratos(stranger(number), true));
            self.kratos.seed(people::in_kratos(doubtful(number), false));
            self.kratos.seed(people::in_kratos(newcomer(number), true));
        }
        let linked = |number: u32| self.spread(4 * number);
        let mut rows = self.base_lines(callers, numbers.clone(), &linked, &stranger).await?;
        let user = |created: bool| Expected::User { created };
        let refused = Expected::Refused("identity_email_unverified");
        rows.push(self.resolved(BASE, callers, numbers.clone().map(linked), &user(false)).await?);
        rows.push(
            self.resolved("a miss that is refused", callers, numbers.clone().map(doubtful), &refused).await?,
        );
        rows.push(
            self.resolved("a miss that links", callers, numbers.clone().map(stranger), &user(false)).await?,
        );
        rows.push(self.resolved("a miss that creates", callers, numbers.map(newcomer), &user(true)).await?);
        Ok(rows)
    }

    /// Persons all over the table, and not the first ones only, which would soon be in memory. Number modulo 4 stays.
    fn spread(&self, number: u32) -> u32 {
        let quarter = self.users / 4;
        // A prime that divides no usual size: every quarter comes up once before one comes twice.
        let place = u64::from(number / 4) * 7_368_787 % u64::from(quarter);
        u32::try_from(place).unwrap_or_default() * 4 + number % 4
    }

    /// What the database and the double take when nobody stands in between.
    async fn base_lines(
        &self,
        callers: u32,
        numbers: std::ops::Range<u32>,
        linked: &impl Fn(u32) -> u32,
        known: &impl Fn(u32) -> u32,
    ) -> anyhow::Result<Vec<Timed>> {
        let select =
            Timed::run("the database: SELECT by a key", callers, numbers.clone(), |number| async move {
                let query = sqlx::query("SELECT id FROM `user` WHERE authId = ?")
                    .bind(people::identity(linked(number)).to_string());
                let begin = Instant::now();
                let row = query.fetch_optional(self.pool).await?;
                row.context("everybody who is asked for is linked")?;
                Ok(Some(begin.elapsed()))
            });
        let select = select.await?;
        let commit =
            Timed::run("the database: INSERT and COMMIT", callers, numbers.clone(), |_| async move {
                let query = sqlx::query("INSERT INTO commits (t) VALUES (REPEAT('x', 200))");
                let begin = Instant::now();
                query.execute(self.pool).await?;
                Ok(Some(begin.elapsed()))
            });
        let commit = commit.await?;
        let admin = &self.kratos.admin_url();
        let asked = Timed::run("the double: GET of an identity", callers, numbers, |number| async move {
            self.service.ask(&format!("{admin}/admin/identities/{}", people::identity(known(number)))).await
        });
        Ok(vec![select, commit, asked.await?])
    }

    async fn resolved(
        &self,
        what: &'static str,
        callers: u32,
        numbers: impl Iterator<Item = u32>,
        expected: &Expected,
    ) -> anyhow::Result<Timed> {
        let before = self.service.kratos_time().await?;
        let call = |number: u32| self.service.resolve(people::identity(number), expected);
        let mut timed = Timed::run(what, callers, numbers, call).await.context(what)?;
        timed.kratos = self.service.kratos_time().await?.mean_since(before);
        Ok(timed)
    }
}
