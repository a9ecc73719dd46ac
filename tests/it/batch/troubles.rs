//! A Kratos or a database in trouble: what is known is told, what is not says why, item by item.

use super::{ask, created, failed, newcomers, resolved, results};
use crate::support::proxy::Fault;
use crate::support::world::World;
use fake_kratos::{Action, Garbage, Identity, PathKind, Rule};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

const NO_BREAKER: (&str, &str) = ("RESOLVER_BREAKER_FAILURES", "1000");

#[tokio::test]
async fn with_kratos_down_the_known_are_told_and_a_refusal_needs_no_kratos_either() {
    let world = World::start().await;
    let ids = newcomers(&world, 4);
    let user = world.client().resolve(ids[0]).await.user();
    let orphan = world.client().resolve(ids[1]).await.user();
    world.db.delete_user(&orphan).await;
    let lonely = world.setup().clone().set("KRATOS_ADMIN_URL", "http://127.0.0.1:1").serve().await;
    let unavailable = |id| failed(&id, "kratos_unavailable", true);
    let wanted = [
        unavailable(ids[2]),
        resolved(&ids[0], &user, false),
        failed(&ids[1], "identity_link_requires_review", false),
        unavailable(ids[3]),
    ];
    assert_eq!(results(&lonely.client, &[ids[2], ids[0], ids[1], ids[3]], true).await, wanted);
    assert_eq!(world.db.users().await.len(), 1);
}

#[tokio::test]
async fn statuses_of_a_list_mean_what_they_mean_for_one() {
    let world = World::with(&[NO_BREAKER]).await;
    let id = newcomers(&world, 1)[0];
    for (code, error) in [
        (500, "kratos_unavailable"),
        (503, "kratos_unavailable"),
        (401, "kratos_unavailable"),
        (429, "kratos_unavailable"),
        (400, "kratos_invalid_response"),
        (302, "kratos_invalid_response"),
        (404, "kratos_invalid_response"),
    ] {
        world.kratos.fault(Rule::any(Action::status(code)).path(PathKind::List));
        assert_eq!(results(world.client(), &[id], true).await, [failed(&id, error, true)], "{code}");
        world.kratos.clear_faults();
    }
    assert_eq!(created(&results(world.client(), &[id], true).await), 1);
}

#[tokio::test]
async fn one_group_that_fails_leaves_the_others_alone() {
    let world = World::with(&[NO_BREAKER]).await;
    let ids = newcomers(&world, 200);
    world.kratos.fault(Rule::any(Action::status(429)).times(1));
    let seen = results(world.client(), &ids, true).await;
    for (id, one) in ids.iter().zip(&seen).take(150) {
        assert_eq!(*one, failed(&id, "kratos_unavailable", true));
    }
    assert_eq!(created(&seen[150..]), 50);
    assert_eq!(world.db.users().await.len(), 50);
}

#[tokio::test]
async fn one_identity_for_which_kratos_fails_the_whole_list_costs_only_itself() {
    let world = World::start().await;
    let ids = newcomers(&world, 160);
    // As where the schema of one identity is no longer configured.
    world.kratos.fault(Rule::any(Action::status(500)).path(PathKind::List));
    world.kratos.fault(Rule::on(ids[0], Action::status(500)));
    let seen = results(world.client(), &ids, true).await;
    assert_eq!(seen[0], failed(&ids[0], "kratos_unavailable", true));
    assert_eq!(created(&seen[1..]), 159, "{seen:?}");
    assert_eq!(world.db.users().await.len(), 159);
}

#[tokio::test]
async fn a_kratos_that_fails_everything_is_not_asked_for_each_of_them() {
    let world = World::start().await;
    let ids = newcomers(&world, 150);
    world.kratos.fault(Rule::any(Action::status(500)));
    let before = world.kratos.calls();
    let seen = results(world.client(), &ids, true).await;
    for (id, one) in ids.iter().zip(&seen) {
        assert_eq!(*one, failed(&id, "kratos_unavailable", true));
    }
    let asked = world.kratos.calls() - before;
    assert!(asked <= 10, "the breaker opens after five failures, with four under way: {asked}");
}

#[tokio::test]
async fn a_broken_element_is_the_trouble_of_its_own_identity_only() {
    let world = World::start().await;
    let edits: [fn(&mut Value); 4] = [
        |json| json["schema_id"] = json!(7),
        |json| json["verifiable_addresses"] = json!("none"),
        |json| json["state"] = json!({ "active": true }),
        |json| json["traits"] = serde_json::from_str(&("[".repeat(100) + &"]".repeat(100))).unwrap(),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let ids = newcomers(&world, 3);
        assert!(world.kratos.update(ids[1], edit));
        let seen = results(world.client(), &ids, true).await;
        assert_eq!(created(&[seen[0].clone(), seen[2].clone()]), 2);
        // Deep traits are odd and no more than that: an identity without an address.
        let odd =
            if number == 3 { ("identity_traits_missing", false) } else { ("kratos_invalid_response", true) };
        assert_eq!(seen[1], failed(&ids[1], odd.0, odd.1), "{number}");
    }
}

#[tokio::test]
async fn an_element_of_nobody_makes_the_absent_unsure_and_not_missing() {
    let world = World::start().await;
    let ids = newcomers(&world, 3);
    let absent = Uuid::now_v7();
    world.kratos.update(ids[1], |json| *json = json!(["two"]));
    let seen = results(world.client(), &[ids[0], ids[1], absent, ids[2]], true).await;
    assert_eq!(created(&[seen[0].clone(), seen[3].clone()]), 2);
    for (id, one) in [(ids[1], &seen[1]), (absent, &seen[2])] {
        assert_eq!(*one, failed(&id, "kratos_invalid_response", true));
    }
    world.kratos.fault(Rule::any(Action::WrongId).times(1));
    let other = newcomers(&world, 1)[0];
    assert_eq!(
        results(world.client(), &[other], true).await,
        [failed(&other, "kratos_invalid_response", true)]
    );
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_the_trouble_of_all_who_were_asked_for() {
    let world = World::with(&[NO_BREAKER]).await;
    let ids = newcomers(&world, 3);
    let user = world.client().resolve(ids[0]).await.user();
    let before = world.db.checksums().await;
    for kind in [
        Garbage::Html,
        Garbage::Empty,
        Garbage::Null,
        Garbage::InvalidUtf8,
        Garbage::WrongTypes,
        Garbage::Array,
    ] {
        world.kratos.fault(Rule::any(Action::garbage(kind)));
        let seen = results(world.client(), &ids, true).await;
        let bad = |id| failed(&id, "kratos_invalid_response", true);
        assert_eq!(seen, [resolved(&ids[0], &user, false), bad(ids[1]), bad(ids[2])], "{kind:?}");
        world.kratos.clear_faults();
    }
    assert_eq!(world.db.checksums().await, before);
}

#[tokio::test]
async fn the_bound_of_a_page_of_kratos_is_a_setting() {
    let world = World::start().await;
    // A page longer than the bound of a single identity.
    let ids: Vec<Uuid> = (0..2)
        .map(|n| {
            let person = Identity::verified(format!("{n}@b.example"));
            world.kratos.seed(person.overriding(json!({ "metadata_public": "x".repeat(200_000) })))
        })
        .collect();
    let narrow = world.setup().clone().set("RESOLVER_KRATOS_PAGE_MAX_BYTES", "300000").serve().await;
    let seen = results(&narrow.client, &ids, true).await;
    assert!(seen.iter().all(|one| one["error"] == "kratos_invalid_response"), "{seen:?}");
    assert_eq!(created(&results(world.client(), &ids, true).await), 2);
}

#[tokio::test]
async fn what_is_not_done_in_time_says_so_and_what_is_done_is_told() {
    let world = World::with(&[
        NO_BREAKER,
        ("RESOLVER_KRATOS_TOTAL_MILLIS", "1000"),
        ("RESOLVER_KRATOS_CONNECT_MILLIS", "200"),
        ("RESOLVER_BATCH_DEADLINE_MILLIS", "1500"),
    ])
    .await;
    let mut ids = newcomers(&world, 1);
    let user = world.client().resolve(ids[0]).await.user();
    ids.extend(newcomers(&world, 310));
    world.kratos.fault(Rule::any(Action::Hang));
    let start = Instant::now();
    let seen = results(world.client(), &ids, true).await;
    assert!(start.elapsed() < Duration::from_millis(2_500), "{:?}", start.elapsed());
    assert_eq!(seen[0], resolved(&ids[0], &user, false));
    // One group spent the time of Kratos, the next one ours.
    for (id, one) in ids.iter().zip(&seen).skip(1) {
        let is_first_group = ids[1..=150].contains(id);
        let code = if is_first_group { "kratos_unavailable" } else { "deadline_exceeded" };
        assert_eq!(*one, failed(&id, code, true));
    }
}

#[tokio::test]
async fn a_row_that_somebody_holds_is_one_items_trouble() {
    let world = World::start().await;
    let user = world.db.seed_user("held@b.example").await;
    let held = world.kratos.seed(Identity::verified("held@b.example"));
    let others = newcomers(&world, 10);
    let mut holder = world.db.pool().begin().await.unwrap();
    sqlx::query("UPDATE `user` SET firstName = 'Held' WHERE id = ?")
        .bind(&user)
        .execute(&mut *holder)
        .await
        .unwrap();
    let asked: Vec<Uuid> = [held].into_iter().chain(others).collect();
    let answer = ask(world.client(), &asked, true).await;
    // Before anything is asserted: the database could not be dropped under the holder.
    holder.rollback().await.unwrap();
    let seen = answer.json()["results"].as_array().expect("results").clone();
    assert_eq!(seen[0], failed(&held, "database_unavailable", true));
    assert_eq!(created(&seen[1..]), 10);
    assert_eq!(results(world.client(), &[held], true).await, [resolved(&held, &user, false)]);
}

#[tokio::test]
async fn a_database_that_is_down_is_everybodys_trouble() {
    let (door, world) = World::behind_a_proxy(&[]).await;
    let World { service, kratos, db: _, .. } = &world;
    let id = kratos.seed(Identity::verified("a@b.example"));
    assert_eq!(created(&results(&service.client, &[id], true).await), 1);
    door.fault(Fault::Refuse);
    for provision in [false, true] {
        let answer = ask(&service.client, &[id.to_string(), "bad".to_owned()], provision).await;
        assert_eq!(answer.refusal(), (503, "database_unavailable".to_owned()), "{answer}");
    }
    door.heal();
    service.ready().await;
    assert_eq!(created(&results(&service.client, &[id], true).await), 0);
}

#[tokio::test]
async fn a_database_that_goes_down_half_way_is_told_as_a_whole_and_repeating_is_safe() {
    let (door, world) = World::behind_a_proxy(&[]).await;
    let World { service, kratos, db, .. } = &world;
    let ids: Vec<Uuid> =
        (0..300).map(|n| kratos.seed(Identity::verified(format!("{n}@b.example")))).collect();
    // The second group is asked for when the first is written.
    kratos.fault(Rule::any(Action::Delay { ms: 800 }));
    let asked = (service.client.clone(), ids.clone());
    let batch = crate::support::Meanwhile::start(async move { ask(&asked.0, &asked.1, true).await });
    crate::support::eventually("the first group is written", Duration::from_secs(20), async || {
        (db.users().await.len() >= 150).then_some(())
    })
    .await;
    door.fault(Fault::Refuse);
    let answer = batch.done().await;
    assert_eq!(answer.refusal(), (503, "database_unavailable".to_owned()), "{answer}");
    door.heal();
    service.ready().await;
    kratos.clear_faults();
    let again = results(&service.client, &ids, true).await;
    assert!((150..=151).contains(&(300 - created(&again))), "{}", created(&again));
    assert_eq!(db.users().await.len(), 300);
}
