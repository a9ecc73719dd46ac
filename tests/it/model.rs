//! Random histories of people, one of whom is up to no good, held against a model: nobody ever gets the user of
//! another, every answer is the one the policy gives, and tables and history agree. `MODEL_SEED` repeats a run,
//! `MODEL_STEPS` makes it longer.

mod check;
mod people;
mod policy;
mod state;
mod step;

use crate::support::dice::Dice;
use crate::support::world::World;
use state::Model;
use std::collections::BTreeMap;

const STEPS: usize = 5_000;
/// Then everybody moves to new addresses, or all would soon be linked, ambiguous or gone.
const EPISODE: usize = 60;
/// What a run of full length must have met, or it has proved little.
const OUTCOMES: [&str; 9] = [
    "hit",
    "linked",
    "created",
    "identity_not_found",
    "identity_inactive",
    "identity_email_ambiguous",
    "identity_linked_elsewhere",
    "identity_link_requires_review",
    "identity_email_unverified",
];

fn steps() -> usize {
    let given = std::env::var_os("MODEL_STEPS");
    given.map_or(STEPS, |steps| steps.to_str().and_then(|steps| steps.parse().ok()).expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_history_gives_anybody_the_user_of_another() {
    let (steps, mut dice) = (steps(), Dice::from_env("MODEL_SEED"));
    let world = World::patient().await;
    let replica = world.replica().await;
    let clients = [world.client().clone(), replica.client.clone()];
    let (mut outcomes, mut users, mut changes) = (BTreeMap::<String, usize>::new(), 0, 0);
    for episode in 0..steps.div_ceil(EPISODE) {
        let mut model = Model::new(&world, &clients, episode);
        for _ in 0..EPISODE.min(steps - episode * EPISODE) {
            model.step(&mut dice).await;
        }
        model.check().await;
        users += model.rows.iter().filter(|row| !row.is_deleted).count();
        changes += model.rows.iter().map(|row| row.changes).sum::<usize>();
        assert_eq!(world.db.users().await.len(), users, "users that nobody was told of");
        assert_eq!(world.db.history().await.len(), changes, "changes that nobody was told of");
        world.kratos.clear_faults();
        for (outcome, count) in model.outcomes {
            *outcomes.entry(outcome).or_default() += count;
        }
    }
    println!("{steps} steps: {outcomes:?}");
    let missed: Vec<_> = OUTCOMES.iter().filter(|outcome| !outcomes.contains_key(**outcome)).collect();
    assert!(steps < STEPS || missed.is_empty(), "never seen: {missed:?} in {outcomes:?}");
}
