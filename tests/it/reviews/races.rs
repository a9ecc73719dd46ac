//! Two people, or a person and a resolve, at the same moment: one wins, the other is told.

use super::{ADDRESS, asked};
use crate::support::reviews::REASON;
use crate::support::service::{PATIENCE, Process, Service};
use crate::support::world::World;
use crate::support::{Meanwhile, eventually};
use fake_kratos::Identity;
use sqlx::{MySql, Transaction};
use uuid::Uuid;

/// A lock that everybody who would change this user's link has to wait for.
async fn hold<'a>(world: &'a World, user: &str) -> Transaction<'a, MySql> {
    let mut held = world.db.pool().begin().await.unwrap();
    sqlx::query("SELECT id FROM `user` WHERE id = ? FOR UPDATE")
        .bind(user)
        .execute(&mut *held)
        .await
        .unwrap();
    held
}

/// Waits until so many statements wait for a user's row.
async fn are_waiting(world: &World, count: i64) {
    eventually("the others wait", PATIENCE, async || {
        let (waiting,): (i64,) = sqlx::query_as(
            "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.processlist WHERE db = DATABASE() \
             AND (info LIKE 'SELECT authId FROM `user`%FOR UPDATE' OR info LIKE 'UPDATE `user` SET authId%')",
        )
        .fetch_one(world.db.pool())
        .await
        .unwrap();
        (waiting == count).then_some(())
    })
    .await;
}

fn answer(world: &World, verb: &str, review: &str) -> Process {
    world.setup().spawn(&["review", verb, review, "--reason", REASON])
}

async fn end(mut process: Process) -> (Option<i32>, String) {
    let ended = tokio::task::spawn_blocking(move || (process.wait(), process.log.text()));
    ended.await.expect("its end")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_answers_at_once_one_wins_and_the_other_is_told() {
    for second in ["approve", "reject"] {
        let (world, user, identity) = asked().await;
        let review = world.db.review().await.id;
        let held = hold(&world, &user).await;
        let both = [answer(&world, "approve", &review), answer(&world, second, &review)];
        are_waiting(&world, 2).await;
        held.rollback().await.unwrap();
        let mut codes = Vec::new();
        for process in both {
            let (code, text) = end(process).await;
            assert!(code == Some(0) || text.contains("the review is not open"), "{text}");
            codes.push(code);
        }
        codes.sort_unstable();
        assert_eq!(codes, [Some(0), Some(1)]);
        let approved = world.db.review_states().await == ["approved"];
        assert_eq!(world.db.user_of(identity).await.is_some(), approved);
        assert_eq!(world.db.bars().await.is_empty(), approved);
        assert_eq!(world.db.history().await.len(), usize::from(approved));
        world.db.links_agree().await;
    }
}

/// The same database under a policy that links without asking.
async fn linking(world: &World) -> Service {
    world.setup().clone().set("RESOLVER_LINKING", "verified").serve().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_and_a_resolve_at_once_make_one_link() {
    let (world, user, identity) = asked().await;
    let review = world.db.review().await.id;
    let service = linking(&world).await;
    let held = hold(&world, &user).await;
    let approval = answer(&world, "approve", &review);
    let client = service.client.clone();
    let resolve = Meanwhile::start(async move { client.resolve(identity).await });
    are_waiting(&world, 2).await;
    held.rollback().await.unwrap();
    assert_eq!(resolve.done().await.user(), user);
    let (code, text) = end(approval).await;
    let state = world.db.review_states().await.remove(0);
    match code {
        Some(0) => assert_eq!(state, "approved"),
        _ => assert!(state == "superseded" && text.contains("superseded"), "{state}: {text}"),
    }
    assert_eq!(world.db.history().await.len(), 1);
    world.db.links_agree().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_approval_and_a_rival_identity_one_gets_the_user() {
    let (world, user, identity) = asked().await;
    let review = world.db.review().await.id;
    let rival = world.kratos.seed(Identity::verified(ADDRESS));
    let service = linking(&world).await;
    let held = hold(&world, &user).await;
    let approval = answer(&world, "approve", &review);
    let client = service.client.clone();
    let resolve = Meanwhile::start(async move { client.resolve(rival).await });
    are_waiting(&world, 2).await;
    held.rollback().await.unwrap();
    let (answer, (code, text)) = (resolve.done().await, end(approval).await);
    let owner: Uuid = if code == Some(0) { identity } else { rival };
    assert_eq!(answer.status == 200, owner == rival, "{answer} {text}");
    assert_eq!(world.db.user_of(owner).await.unwrap().id, user);
    assert_eq!(world.db.history().await.len(), 1);
    world.db.links_agree().await;
}

/// A resolve that has decided to link waits for the user's row, while somebody else changes this.
async fn meanwhile(
    world: &World,
    service: &Service,
    (user, identity): (&str, Uuid),
    change: String,
) -> (u16, String) {
    let mut held = hold(world, user).await;
    let client = service.client.clone();
    let resolve = Meanwhile::start(async move { client.resolve(identity).await.refusal() });
    are_waiting(world, 1).await;
    sqlx::query(sqlx::AssertSqlSafe(change)).execute(&mut *held).await.unwrap();
    held.commit().await.unwrap();
    resolve.done().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_that_comes_before_the_link_is_made_keeps_it_from_being_made() {
    let (world, user, identity) = asked().await;
    let service = linking(&world).await;
    let bar = format!(
        "INSERT INTO link_bar (identity_id, user_id, cause, audit_id, barred_at) \
         VALUES ('{identity}', '{user}', 'rejected', '{}', NOW(6))",
        Uuid::now_v7()
    );
    let answer = meanwhile(&world, &service, (&user, identity), bar).await;
    assert_eq!(answer, (409, "identity_link_requires_review".to_owned()));
    assert!(world.db.user_of(identity).await.is_none() && world.db.history().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_that_becomes_unverified_before_the_link_is_made_is_asked_about() {
    let world = World::start().await;
    let user = world.db.seed_user(ADDRESS).await;
    let identity = world.kratos.seed(Identity::verified(ADDRESS));
    world.db.execute("ALTER TABLE `user` ADD COLUMN confirmed TINYINT NOT NULL DEFAULT 1").await;
    let service = world.setup().clone().set("RESOLVER_USER_VERIFIED_COLUMN", "confirmed").serve().await;
    let change = format!("UPDATE `user` SET confirmed = 0 WHERE id = '{user}'");
    let answer = meanwhile(&world, &service, (&user, identity), change).await;
    assert_eq!(answer, (409, "identity_link_requires_review".to_owned()));
    assert!(world.db.user_of(identity).await.is_none());
    assert_eq!(world.db.review_states().await, ["open"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_the_same_open_one_review() {
    let world = World::with(&super::BY_REVIEW).await;
    world.db.seed_user(ADDRESS).await;
    let identity = world.kratos.seed(Identity::verified(ADDRESS));
    let others = [world.replica().await, world.replica().await];
    let clients: Vec<_> = others.iter().chain([&world.service]).map(|one| one.client.clone()).collect();
    let calls = (0..24).map(|number| {
        let client = clients[number % clients.len()].clone();
        Meanwhile::start(async move { client.resolve(identity).await.refusal() })
    });
    let calls: Vec<_> = calls.collect();
    for call in calls {
        assert_eq!(call.done().await, (409, "identity_link_requires_review".to_owned()));
    }
    assert_eq!(world.db.review_states().await, ["open"]);
}
