//! One batch among other calls: races, the bounds it shares with them, its line in the log and in the metrics.

use super::{ask, created, newcomers, results};
use crate::support::log::field;
use crate::support::service::{PATIENCE, Service};
use crate::support::world::World;
use crate::support::{Meanwhile, eventually};
use fake_kratos::{Action, Identity, Rule};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::task::JoinSet;
use uuid::Uuid;

/// What one caller was told: identity, user, whether created.
type Told = Vec<(String, String, bool)>;

fn told(results: &[Value]) -> Told {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_else(|| panic!("{one}")).to_owned();
    let one = |one: &Value| (text(one, "kratosIdentityId"), text(one, "userId"), one["created"] == true);
    results.iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_batches_and_single_calls_at_once_exactly_one_creates_each_user() {
    let world = World::with(&[("RESOLVER_POOL_WAIT_MILLIS", "5000")]).await;
    let other = world.replica().await;
    let clients = [world.client().clone(), other.client.clone()];
    for _ in 0..3 {
        let ids = newcomers(&world, 60);
        let mut running: JoinSet<Told> = JoinSet::new();
        for number in 0..6 {
            let (client, mut ids) = (clients[number % 2].clone(), ids.clone());
            // Other orders meet at other places.
            ids.rotate_left(number * 10);
            if number > 2 {
                ids.reverse();
            }
            running.spawn(async move { told(&results(&client, &ids, true).await) });
        }
        for (number, id) in ids.iter().copied().enumerate() {
            let client = clients[number % 2].clone();
            running.spawn(async move {
                let answer = client.resolve(id).await;
                vec![(id.to_string(), answer.user(), answer.created())]
            });
        }
        let mut by_identity: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        for (identity, user, created) in running.join_all().await.into_iter().flatten() {
            by_identity.entry(identity).or_default().push((user, created));
        }
        for id in &ids {
            let seen = &by_identity[&id.to_string()];
            let user = world.db.user_of(*id).await.expect("a user").id;
            assert!(seen.len() == 7 && seen.iter().all(|(told, _)| *told == user), "{seen:?}");
            assert_eq!(seen.iter().filter(|(_, created)| *created).count(), 1, "{seen:?}");
            assert_eq!(world.db.history_of(*id).await.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_batch_is_one_call_whatever_its_length() {
    let world = World::with(&[("RESOLVER_CONCURRENCY", "1")]).await;
    let ids = newcomers(&world, 200);
    world.kratos.fault(Rule::any(Action::Delay { ms: 700 }).times(1));
    let asked = (world.client().clone(), ids);
    let batch = Meanwhile::start(async move { results(&asked.0, &asked.1, true).await });
    eventually("Kratos is being asked", PATIENCE, async || (world.kratos.calls() > 0).then_some(())).await;
    let refused = world.client().resolve(Uuid::now_v7()).await;
    assert_eq!(refused.refusal(), (503, "overloaded".to_owned()));
    let second = ask(world.client(), &[Uuid::now_v7()], false).await;
    assert_eq!(second.refusal(), (503, "overloaded".to_owned()));
    assert_eq!(created(&batch.done().await), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_leave_connections_to_single_calls() {
    let world = World::with(&[("RESOLVER_POOL_SIZE", "4"), ("RESOLVER_POOL_WAIT_MILLIS", "5000")]).await;
    let known = world.kratos.seed(Identity::verified("known@b.example"));
    world.client().resolve(known).await;
    let mut batches = JoinSet::new();
    for _ in 0..4 {
        let (client, ids) = (world.client().clone(), newcomers(&world, 150));
        batches.spawn(async move { created(&results(&client, &ids, true).await) });
    }
    while !batches.is_empty() {
        assert!(!world.client().resolve(known).await.created());
        if let Some(done) = batches.try_join_next() {
            assert_eq!(done.unwrap(), 150);
        }
    }
}

#[tokio::test]
async fn batches_that_wait_for_rows_leave_writers_to_single_calls() {
    let world = World::with(&[("RESOLVER_POOL_SIZE", "4")]).await;
    let mut holder = world.db.pool().begin().await.unwrap();
    let mut persons = Vec::new();
    for number in 0..8 {
        let address = format!("held{number}@b.example");
        let user = world.db.seed_user(&address).await;
        persons.push(world.kratos.seed(Identity::verified(address)));
        let hold = sqlx::query("UPDATE `user` SET firstName = 'Held' WHERE id = ?").bind(user);
        hold.execute(&mut *holder).await.unwrap();
    }
    let newcomer = newcomers(&world, 1)[0];
    let batch = || {
        let (client, persons) = (world.client().clone(), persons.clone());
        Meanwhile::start(async move { ask(&client, &persons, true).await })
    };
    let batches = [batch(), batch()];
    // Those that began first have waited once by then, and wait again.
    eventually("rows are waited for", PATIENCE, async || {
        let text = world.client().operations("/metrics").await.text();
        let none = "identity_resolver_database_retries_total{reason=\"1205\"} 0\n";
        (!text.contains(none)).then_some(())
    })
    .await;
    let single = world.client().resolve(newcomer).await;
    // Before anything is asserted: the database could not be dropped under the holder.
    holder.rollback().await.unwrap();
    assert!(single.created());
    for batch in batches {
        assert_eq!(batch.done().await.status, 200);
    }
}

#[tokio::test]
async fn the_smallest_pool_does_a_whole_batch() {
    let world = World::with(&[("RESOLVER_POOL_SIZE", "2")]).await;
    let ids = newcomers(&world, 100);
    assert_eq!(created(&results(world.client(), &ids, true).await), 100);
}

/// Stops the service, so that every line is out, and gives the lines of batches.
async fn lines(service: Service) -> Vec<Value> {
    let log = service.log().clone();
    assert_eq!(service.stop().await.0, Some(0));
    log.events().into_iter().filter(|event| field(event, "message") == "resolve batch").collect()
}

#[tokio::test]
async fn a_batch_has_one_audit_line_with_its_outcomes_and_no_address() {
    let world = World::start().await;
    world.db.seed_user("legacy@b.example").await;
    let seed = |identity| world.kratos.seed(identity);
    let linked = seed(Identity::verified("legacy@b.example"));
    let refused = seed(Identity::unverified("canary@b.example"));
    let fresh = newcomers(&world, 2);
    let asked = [linked, fresh[0], refused, fresh[0], fresh[1], Uuid::now_v7(), Uuid::nil()];
    let answer = ask(world.client(), &asked, true).await;
    let metrics = world.client().operations("/metrics").await.text();
    for (outcome, number) in
        [("created", 2), ("linked", 1), ("hit", 1), ("bad_user_input", 1), ("overloaded", 0)]
    {
        let line = format!("identity_resolver_batch_items_total{{outcome=\"{outcome}\"}} {number}\n");
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
    super::post(world.client(), "{}").await;
    let World { service, db: _db, kratos: _kratos, .. } = world;
    let lines = lines(service).await;
    let outcomes: Vec<_> = lines.iter().map(|line| (field(line, "outcome"), field(line, "status"))).collect();
    assert_eq!(outcomes, [(&"done".into(), &200.into()), (&"bad_user_input".into(), &400.into())]);
    assert_eq!(field(&lines[0], "audit_id"), answer.string("auditId").as_str());
    assert_eq!(
        field(&lines[0], "items"),
        "bad_user_input 1, created 2, hit 1, identity_email_unverified 1, identity_not_found 1, linked 1"
    );
    assert!(field(&lines[0], "duration_ms").is_u64() && field(&lines[0], "caller_addr") == "127.0.0.1");
    assert!(!lines.iter().any(|line| line.to_string().contains("b.example")), "{lines:?}");
}
