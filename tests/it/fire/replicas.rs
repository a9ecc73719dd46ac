//! Three replicas on one database, callers on all of them, and again and again one replica is killed and another takes
//! its place: one user per identity, nothing acknowledged is lost. `FIRE_ROUNDS` is how many are killed, `FIRE_CALLS` how
//! many calls each round has at least, `FIRE_NEWCOMERS` how many are new in it, `FIRE_SEED` repeats a run.

use crate::support::crowd::Crowd;
use crate::support::dice::Dice;
use crate::support::service::{PATIENCE, Service};
use crate::support::world::World;
use std::time::{Duration, Instant};

const REPLICAS: usize = 3;
const CALLERS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_are_killed_in_turn_lose_nothing_and_create_nobody_twice() {
    let (rounds, calls) = (Dice::size("FIRE_ROUNDS", 6), Dice::size("FIRE_CALLS", 400));
    let (newcomers, mut dice) = (Dice::size("FIRE_NEWCOMERS", 30), Dice::from_env("FIRE_SEED"));
    let world = World::patient().await;
    let mut replicas = Vec::new();
    for _ in 0..REPLICAS {
        replicas.push(world.replica().await);
    }
    let mut crowd = Crowd::gather();
    for _ in 0..rounds {
        let mut whom = crowd.newcomers(&world.kratos, &world.db, newcomers).await;
        whom.extend(crowd.some(&mut dice, newcomers));
        round(&world, &mut replicas, (&mut crowd, &mut dice), &whom, calls).await;
    }
    crowd.settle(world.client()).await;
    let wrong = crowd.wrongs(&world.db).await;
    let (all, users, nothing) = crowd.tally();
    let outcome = if wrong.is_empty() { "pass" } else { "fail" };
    println!(
        "replicas: {rounds} kills among {REPLICAS}; {all} calls of {} identities, {users} answered 200, {nothing} \
         without an answer: {outcome}, seed {}",
        crowd.size(),
        dice.seed()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(nothing >= rounds, "every kill is noticed by somebody");
}

/// Callers on every replica, one of which is killed at a moment of its own and replaced.
async fn round(
    world: &World,
    replicas: &mut Vec<Service>,
    (crowd, dice): (&mut Crowd, &mut Dice),
    whom: &[uuid::Uuid],
    calls: usize,
) {
    let before = crowd.record.count();
    let asking: Vec<_> =
        replicas.iter().map(|replica| crowd.ask(&replica.client, whom, CALLERS, dice)).collect();
    tokio::time::sleep(Duration::from_millis(20 + dice.below(400) as u64)).await;
    // Dropped, a process is killed at once.
    drop(replicas.swap_remove(dice.below(REPLICAS)));
    replicas.push(world.replica().await);
    let start = Instant::now();
    while crowd.record.count() - before < calls {
        assert!(start.elapsed() < PATIENCE, "{} calls in {PATIENCE:?}", crowd.record.count() - before);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for callers in asking {
        callers.stop().await;
    }
}
