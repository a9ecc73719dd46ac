//! `make bench`: how fast the service is, held against what the machine, its HTTP stack and its database can do at all.
//! Everything is timed in one run, in rounds that take every kind of call in turn, so that what else the machine does
//! meets all of them; what counts are ratios within a round, and their medians.

mod bare;
mod counters;
mod load;
mod report;
mod settings;
mod wire;
mod world;

use std::{process::ExitCode, time::Duration};

use bench::{
    console::{say, seconds},
    table::Database,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    report::Figures,
    settings::{FEW, Settings},
    world::World,
};

/// A run that takes longer than this is given up.
const LIMIT: Duration = Duration::from_hours(1);

// One thread: on a small machine every further one is taken from the service that is timed.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With stdout closed there is nobody left to tell.
            let _ = say(&format!("bench-speed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let settings = Settings::read()?;
    let many = Database::create(&settings.server, "_many", 4).await?;
    let few = Database::create(&settings.server, "_few", 4).await;
    let mut terminated = signal(SignalKind::terminate())?;
    // However it ends, a server that was given is left as it was.
    let outcome = match &few {
        Err(error) => Err(anyhow::anyhow!("{error:#}")),
        Ok(few) => tokio::select! {
            outcome = measure(&settings, &many, few) => outcome,
            () = tokio::time::sleep(LIMIT) => Err(anyhow::anyhow!("not done after {}", seconds(LIMIT))),
            _ = terminated.recv() => Err(anyhow::anyhow!("stopped")),
        },
    };
    for database in [Some(many), few.ok()].into_iter().flatten() {
        database.drop().await?;
    }
    report::print(&settings, &outcome?)
}

async fn measure(settings: &Settings, many: &Database, few: &Database) -> anyhow::Result<Figures> {
    say(&many.described().await?)?;
    for (database, users) in [(few, FEW), (many, settings.users)] {
        let filled = database.fill(users).await?;
        bench::service::migrate(&settings.program, &database.url())?;
        let linked = database.link_half(users).await?;
        say(&format!("{users} users, every other one linked: {}", seconds(filled + linked)))?;
    }
    let mut world = World::start(settings, many, few).await?;
    world.warm_up().await?;
    let mut figures = Figures::default();
    for round in 1..=settings.rounds {
        world.round(round, &mut figures).await?;
        say(&format!("round {round} of {}: {}", settings.rounds, figures.latest()))?;
    }
    figures.memory = world.memory()?;
    world.end().await;
    Ok(figures)
}
