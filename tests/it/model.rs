//! Random histories of people, one of whom is up to no good, held against a model: nobody ever gets the user of
//! another, every answer is the one the policy gives, and tables, history and reviews agree. `MODEL_SEED` repeats a
//! run, `MODEL_STEPS` makes it longer.

mod by_hand;
mod check;
mod people;
mod platform;
mod policy;
mod questions;
mod state;
mod step;

use crate::support::dice::Dice;
use crate::support::service::Service;
use crate::support::world::World;
use state::{Model, Stage};
use std::collections::BTreeMap;

const STEPS: usize = 5_000;
/// Then everybody moves to new addresses, or all would soon be linked, ambiguous or gone.
const EPISODE: usize = 80;
/// What a run of full length must have met, or it has proved little: it goes on until it has, for a while.
const OUTCOMES: [&str; 35] = [
    "hit",
    "linked",
    "linked to a row that was edited",
    "created",
    "b",
    "c",
    "d",
    "e",
    "f",
    "g asked",
    "g unverified",
    "g barred",
    "h rejected",
    "h unlinked",
    "l asked",
    "l unverified",
    "n unverified",
    "edit: to the address of another",
    "approve: linked",
    "approve: relinked",
    "approve: void",
    "approve: closed",
    "approve: ask again",
    "approve: not now: identity_email_unverified",
    "approve: not now: identity_email_ambiguous",
    "approve: not now: identity_inactive",
    "reject: done",
    "reject: closed",
    "link: done",
    "link: ended a bar",
    "link: of one whose user was deleted",
    "link: user linked",
    "link: identity linked",
    "unlink: done",
    "unlink: not linked",
];

/// So many times its length, after which chance is no excuse.
const MOST: usize = 4;

fn steps() -> usize {
    let given = std::env::var_os("MODEL_STEPS");
    given.map_or(STEPS, |steps| steps.to_str().and_then(|steps| steps.parse().ok()).expect("a number"))
}

/// Two processes beside the world's own, which does not know the platform's column.
async fn stage() -> (Stage, [Service; 2]) {
    let world = World::patient().await;
    world.db.execute(platform::ADD_VERIFIED).await;
    let setup = world.setup().clone().set("RESOLVER_USER_VERIFIED_COLUMN", platform::VERIFIED);
    let services = [setup.serve().await, setup.serve().await];
    let clients = [services[0].client.clone(), services[1].client.clone()];
    let desk = by_hand::desk(&world);
    (Stage { world, clients, desk }, services)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_history_gives_anybody_the_user_of_another() {
    let (steps, mut dice) = (steps(), Dice::from_env("MODEL_SEED"));
    let (stage, _services) = stage().await;
    let (mut outcomes, mut users, mut changes) = (BTreeMap::<String, usize>::new(), 0, 0);
    for episode in 0.. {
        let missed = OUTCOMES.iter().filter(|outcome| !outcomes.contains_key(**outcome));
        let missed: Vec<_> = if steps < STEPS { vec![] } else { missed.collect() };
        let left = steps.saturating_sub(episode * EPISODE);
        if left == 0 && missed.is_empty() {
            break;
        }
        assert!(episode * EPISODE < MOST * steps, "never seen: {missed:?} in {outcomes:?}");
        let mut model = Model::new(&stage, episode);
        for _ in 0..(if left == 0 { EPISODE } else { EPISODE.min(left) }) {
            model.step(&mut dice).await;
        }
        model.check().await;
        users += model.living().count();
        changes += model.rows.iter().map(|row| row.changes.len()).sum::<usize>();
        assert_eq!(stage.world.db.users().await.len(), users, "users that nobody was told of");
        assert_eq!(stage.world.db.history().await.len(), changes, "changes that nobody was told of");
        stage.world.kratos.clear_faults();
        for (outcome, count) in model.outcomes {
            *outcomes.entry(outcome).or_default() += count;
        }
    }
    println!("{steps} steps at least: {outcomes:#?}");
}
