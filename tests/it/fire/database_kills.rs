//! The database is killed as a power cut would do it, again and again, under callers of all kinds: while it is down they
//! are told so at once, it is used again by itself, and nothing that was acknowledged is lost. `FIRE_DATABASE_KILLS`
//! is how often, `FIRE_SEED` repeats a run.

use crate::support::client::Client;
use crate::support::crowd::Crowd;
use crate::support::database::TestDb;
use crate::support::dice::Dice;
use crate::support::history::{Call, Told};
use crate::support::server::Server;
use crate::support::service::PATIENCE;
use crate::support::world::World;
use std::time::{Duration, Instant};
use uuid::Uuid;

const CALLERS: usize = 8;
const NEWCOMERS: usize = 60;
/// How soon a call that begins while the database is down is answered.
const AT_ONCE: Duration = Duration::from_secs(1);
/// How soon all is well after the server takes statements again.
const BACK: Duration = Duration::from_secs(5);

/// What came of one kill.
struct Outage {
    /// From the server's death to its start, on the record's clock.
    down: (Duration, Duration),
    /// From the moment at which the server takes statements to full service.
    back: Duration,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_killed_loses_nothing_that_was_acknowledged() {
    let Some(mut server) = Server::start() else { return };
    let (kills, mut dice) = (Dice::size("FIRE_DATABASE_KILLS", 5), Dice::from_env("FIRE_SEED"));
    let world = World::on(TestDb::on(server.url()).await, &[]).await;
    let mut crowd = Crowd::gather();
    let mut outages = Vec::new();
    for _ in 0..kills {
        outages.push(outage(&mut server, &world, &mut crowd, &mut dice).await);
    }
    crowd.settle(world.client()).await;
    let calls = crowd.record.calls();
    let mut wrong = crowd.wrongs(&world.db).await;
    let (longest, while_down) = answers_while_down(&calls, &outages, &mut wrong);
    let back = outages.iter().map(|outage| outage.back).max().unwrap_or_default();
    if back > BACK {
        wrong.push(format!("back after {back:?}"));
    }
    let lost = wrong.iter().filter(|one| one.starts_with("Lost") || one.starts_with("SeveralUsers")).count();
    let ((all, users, _), outcome) = (crowd.tally(), if wrong.is_empty() { "pass" } else { "fail" });
    println!(
        "kills of the database: {kills}; {all} calls, {users} acknowledged, {lost} lost; {while_down} refused while it was \
         down, the slowest in {longest:?}; back after {back:?} at most: {outcome}, seed {}",
        dice.seed()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One kill under load, and the way back.
async fn outage(server: &mut Server, world: &World, crowd: &mut Crowd, dice: &mut Dice) -> Outage {
    let mut whom = crowd.newcomers(&world.kratos, &world.db, NEWCOMERS).await;
    whom.extend(crowd.some(dice, NEWCOMERS));
    let asking = crowd.ask(world.client(), &whom, CALLERS, dice);
    tokio::time::sleep(Duration::from_millis(50 + dice.below(300) as u64)).await;
    server.kill();
    let died = crowd.record.now();
    tokio::time::sleep(Duration::from_millis(400 + dice.below(800) as u64)).await;
    let restarted = crowd.record.now();
    server.restart();
    server.wait();
    let start = Instant::now();
    full_service(world.client(), &whom).await;
    let back = start.elapsed();
    asking.stop().await;
    Outage { down: (died, restarted), back }
}

/// Ready, and so many calls at once as there are connections, all answered.
async fn full_service(client: &Client, known: &[Uuid]) {
    let start = Instant::now();
    loop {
        let ready = client.operations("/health/ready").await.status == 200;
        let calls = known.iter().take(16).map(|identity| client.try_resolve(identity));
        let answers = futures_util::future::join_all(calls).await;
        if ready && answers.iter().flatten().all(|answer| answer.status == 200) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: full service");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The slowest of the calls that began and ended while the database was down, and how many there were; each must be
/// refused as what it is, in time.
fn answers_while_down(calls: &[Call], outages: &[Outage], wrong: &mut Vec<String>) -> (Duration, usize) {
    let (mut longest, mut number) = (Duration::ZERO, 0);
    for Outage { down: (died, restarted), .. } in outages {
        let within = calls.iter().filter(|call| call.began >= *died && call.began < *restarted);
        for call in within {
            let took = call.took();
            let is_refused = matches!(&call.told, Told::Refused { status: 503, error, retryable: Some(true) } if error == "database_unavailable");
            if took > AT_ONCE || (!is_refused && call.ended < *restarted) {
                wrong.push(format!("while the database was down: {:?} after {took:?}", call.told));
            }
            (longest, number) = (longest.max(took), number + 1);
        }
    }
    if number < outages.len() * CALLERS {
        wrong.push(format!("only {number} calls while the database was down"));
    }
    (longest, number)
}
