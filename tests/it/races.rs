//! Three processes, one database, everybody at once: one user per identity, one `created: true`, one winner
//! of an address, for ever the same.

use crate::support::answer::Answer;
use crate::support::client::Client;
use crate::support::service::Service;
use crate::support::world::World;
use fake_kratos::Identity;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

const IDENTITIES: usize = 300;
const CALLERS: usize = 50;

/// A world of three processes.
async fn three() -> (World, Vec<Service>) {
    let world = World::patient().await;
    let more = vec![world.replica().await, world.replica().await];
    let pids: BTreeSet<u32> = more.iter().chain([&world.service]).map(Service::id).collect();
    assert_eq!(pids.len(), 3);
    (world, more)
}

fn clients(world: &World, more: &[Service]) -> Vec<Client> {
    more.iter().chain([&world.service]).map(|service| service.client.clone()).collect()
}

/// Lets all callers go at the same moment; the callers take turns on the identities and on the processes.
async fn at_once(clients: &[Client], identities: &[Uuid], callers: usize) -> Vec<(Uuid, Answer)> {
    let barrier = Arc::new(Barrier::new(callers));
    let mut running = JoinSet::new();
    for number in 0..callers {
        let (client, barrier) = (clients[number % clients.len()].clone(), Arc::clone(&barrier));
        let identity = identities[(number / clients.len()) % identities.len()];
        running.spawn(async move {
            barrier.wait().await;
            (identity, client.resolve(identity).await)
        });
    }
    running.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_callers_on_three_processes_make_one_user_per_identity() {
    let (world, more) = three().await;
    let clients = clients(&world, &more);
    let seeded = |number| world.kratos.seed(Identity::verified(format!("person{number}@b.example")));
    let identities: Vec<Uuid> = (0..IDENTITIES).map(seeded).collect();
    let mut users = BTreeMap::new();
    for identity in &identities {
        let answers = at_once(&clients, &[*identity], CALLERS).await;
        let told: BTreeSet<String> = answers.iter().map(|(_, answer)| answer.user()).collect();
        let created = answers.iter().filter(|(_, answer)| answer.created()).count();
        assert_eq!((answers.len(), told.len(), created), (CALLERS, 1, 1), "{identity}: {told:?}");
        users.insert(identity.to_string(), told.into_iter().next().unwrap());
    }
    let distinct: BTreeSet<&String> = users.values().collect();
    assert_eq!(distinct.len(), IDENTITIES);
    let stored: BTreeMap<String, String> =
        world.db.users().await.into_iter().map(|user| (user.auth_id.expect("linked"), user.id)).collect();
    assert_eq!(stored, users);
    let history = world.db.history().await;
    let made: BTreeSet<(Option<String>, String)> =
        history.iter().map(|row| (row.identity_id.clone(), row.user_id.clone())).collect();
    assert!(history.iter().all(|row| row.event == "user.created"));
    assert_eq!((history.len(), made.len()), (IDENTITIES, IDENTITIES));
    assert_eq!(world.db.links().await.len(), IDENTITIES);
    assert_eq!(world.db.claims().await.len(), IDENTITIES);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_identities_with_one_address_one_wins_for_ever() {
    let (world, more) = three().await;
    let clients = clients(&world, &more);
    for round in 0..20 {
        let pair = [
            world.kratos.seed(Identity::verified(format!("Twin{round}@b.example"))),
            world.kratos.seed(Identity::verified(format!("tWIN{round}@B.example"))),
        ];
        let before = world.db.users().await.len();
        let (winner, user) = one_of(&at_once(&clients, &pair, 24).await, &pair, Some(1));
        let loser = if winner == pair[0] { pair[1] } else { pair[0] };
        assert_eq!(world.db.users().await.len(), before + 1);
        assert_eq!(world.db.user_of(winner).await.expect("the winner's").id, user);
        assert_eq!(world.db.user_of(loser).await, None);
        stays(&clients, winner, &user, loser).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_identities_with_confusable_addresses_one_wins_for_ever() {
    let (world, more) = three().await;
    let clients = clients(&world, &more);
    for round in 0..20 {
        let pair = [
            world.kratos.seed(Identity::verified(format!("twin{round}@bücher.example"))),
            world.kratos.seed(Identity::verified(format!("tw\u{200b}in{round}@xn--bcher-kva.example."))),
        ];
        let answers = at_once(&clients, &pair, 24).await;
        let users: BTreeSet<String> = answers
            .iter()
            .filter(|(_, answer)| answer.status == 200)
            .map(|(_, answer)| answer.user())
            .collect();
        let created = answers.iter().filter(|(_, answer)| answer.status == 200 && answer.created()).count();
        assert_eq!((users.len(), created), (1, 1), "{users:?}");
        for (_, answer) in answers.iter().filter(|(_, answer)| answer.status != 200) {
            assert_eq!(answer.refusal(), (409, "identity_email_ambiguous".to_owned()), "{answer}");
        }
        assert_eq!(world.db.users().await.len(), round + 1);
        assert_eq!(world.db.claims().await.len(), round + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_identities_racing_for_one_user_one_wins_for_ever() {
    let (world, more) = three().await;
    let clients = clients(&world, &more);
    for round in 0..20 {
        let address = format!("legacy{round}@b.example");
        let legacy = world.db.seed_user(&address).await;
        let pair = [
            world.kratos.seed(Identity::verified(address.as_str())),
            world.kratos.seed(Identity::verified(address.to_uppercase())),
        ];
        let (winner, user) = one_of(&at_once(&clients, &pair, 24).await, &pair, Some(0));
        let loser = if winner == pair[0] { pair[1] } else { pair[0] };
        assert_eq!(user, legacy);
        assert_eq!(world.db.users().await.len(), round + 1);
        let history = world.db.history_of(winner).await;
        assert_eq!((history.len(), history[0].event.as_str()), (1, "identity.linked"));
        assert!(world.db.history_of(loser).await.is_empty());
        stays(&clients, winner, &user, loser).await;
    }
}

/// Checks that all callers of one identity got one user and all of the other its 409; gives the winner.
fn one_of(answers: &[(Uuid, Answer)], pair: &[Uuid; 2], created: Option<usize>) -> (Uuid, String) {
    let winners: BTreeSet<(Uuid, String)> = answers
        .iter()
        .filter(|(_, answer)| answer.status == 200)
        .map(|(id, answer)| (*id, answer.user()))
        .collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let (winner, user) = winners.into_iter().next().expect("a winner");
    assert!(pair.contains(&winner));
    for (identity, answer) in answers.iter().filter(|(identity, _)| *identity != winner) {
        assert_eq!(answer.refusal(), (409, "identity_linked_elsewhere".to_owned()), "{identity}: {answer}");
    }
    let seen = answers.iter().filter(|(id, answer)| *id == winner && answer.created()).count();
    assert_eq!(Some(seen), created);
    (winner, user)
}

async fn stays(clients: &[Client], winner: Uuid, user: &str, loser: Uuid) {
    for client in clients {
        let again = client.resolve(winner).await;
        assert_eq!((again.user().as_str(), again.created()), (user, false));
        assert_eq!(client.resolve(loser).await.refusal(), (409, "identity_linked_elsewhere".to_owned()));
    }
}
