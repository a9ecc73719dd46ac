//! The service is killed at every fault point of a call, again and again, under callers of all kinds, and started
//! anew: no partial user, nothing acknowledged is lost, nobody is created twice. `FIRE_KILLS` is how often at each
//! point, `FIRE_SEED` repeats a run.

use crate::support::crowd::Crowd;
use crate::support::dice::Dice;
use crate::support::world::World;
use std::os::unix::process::ExitStatusExt;

/// Each with the latest passage at which it may strike: a round has so many of it for certain.
const POINTS: [(&str, usize); 10] = [
    ("in_handler", 40),
    ("after_begin", 10),
    ("after_user", 10),
    ("after_link", 10),
    ("after_claim", 8),
    // Of those who are linked only.
    ("after_reviews", 4),
    ("after_history", 10),
    ("before_commit", 10),
    ("after_commit", 10),
    ("before_answer", 40),
];
const NEWCOMERS: usize = 10;
const CALLERS: usize = 8;
/// What `abort` raises.
const ABORTED: i32 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_point_of_a_call_it_loses_nothing_and_leaves_nothing_half_done() {
    let times = Dice::size("FIRE_KILLS", 5);
    let mut dice = Dice::from_env("FIRE_SEED");
    let world = World::start().await;
    let mut crowd = Crowd::gather();
    let mut points: Vec<_> = (0..times).flat_map(|_| POINTS).collect();
    dice.shuffle(&mut points);
    for (point, latest) in &points {
        let fault = format!("{point}=kill@{}", 1 + dice.below(*latest));
        round(&world, &mut crowd, &mut dice, &fault).await;
    }
    crowd.settle(world.client()).await;
    let wrong = crowd.wrongs(&world.db).await;
    let (calls, users, nothing) = crowd.tally();
    let outcome = if wrong.is_empty() { "pass" } else { "fail" };
    println!(
        "kills of the service: {} at {} points; {calls} calls, {users} answered 200, {nothing} without an answer: {outcome}, seed {}",
        points.len(),
        POINTS.len(),
        dice.seed()
    );
    assert!(nothing >= points.len(), "every kill takes at least its own call along");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One life of a process that ends at the fault.
async fn round(world: &World, crowd: &mut Crowd, dice: &mut Dice, fault: &str) {
    let victim = world.setup().clone().set("FAULTS", fault).serve().await;
    let mut whom = crowd.newcomers(&world.kratos, &world.db, NEWCOMERS).await;
    whom.extend(crowd.some(dice, NEWCOMERS));
    let asking = crowd.ask(&victim.client, &whom, CALLERS, dice);
    let (status, log) = victim.died().await;
    asking.stop().await;
    assert_eq!(status.signal(), Some(ABORTED), "{fault}: {status:?}\n{log}");
}
