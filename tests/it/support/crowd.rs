//! Callers of all kinds who ask again and again and write down what they are told: people to create, people to link,
//! some who are refused, and pairs with one address of whom one may win.

use super::client::Client;
use super::database::TestDb;
use super::dice::Dice;
use super::history::{Record, Told, violations};
use super::service::PATIENCE;
use fake_kratos::{FakeKratos, Identity};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use uuid::Uuid;

/// After a refusal or no answer at all.
const BREATH: Duration = Duration::from_millis(5);

/// Everybody who has asked so far.
pub(crate) struct Crowd {
    /// What they were told.
    pub(crate) record: Arc<Record>,
    served: Vec<Uuid>,
    refused: Vec<Uuid>,
    twins: Vec<[Uuid; 2]>,
}

/// Callers who are at it.
pub(crate) struct Asking {
    callers: JoinSet<()>,
    is_over: Arc<AtomicBool>,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn gather() -> Crowd {
        let record = Arc::new(Record::begin());
        Crowd { record, served: Vec::new(), refused: Vec::new(), twins: Vec::new() }
    }

    /// So many to be created, half as many to be linked, two who are refused and one pair of twins.
    pub(crate) async fn newcomers(&mut self, kratos: &FakeKratos, db: &TestDb, number: usize) -> Vec<Uuid> {
        let base = self.served.len();
        let mut fresh = Vec::new();
        for one in 0..number + number / 2 {
            let address = format!("person{}@b.example", base + one);
            if one >= number {
                db.seed_user(&address).await;
            }
            fresh.push(kratos.seed(Identity::verified(address)));
        }
        self.served.extend(&fresh);
        let refused = [0, 1].map(|one| kratos.seed(Identity::unverified(format!("no{base}{one}@b.example"))));
        self.refused.extend(refused);
        let twins =
            ["Twin", "tWIN"].map(|name| kratos.seed(Identity::verified(format!("{name}{base}@b.example"))));
        self.twins.push(twins);
        fresh.extend(refused.into_iter().chain(twins));
        fresh
    }

    /// Some who asked before; they are hits by now, or ask for what was never answered.
    pub(crate) fn some(&self, dice: &mut Dice, number: usize) -> Vec<Uuid> {
        (0..number.min(self.served.len())).map(|_| *dice.one_of(&self.served)).collect()
    }

    /// So many callers ask for all of these, each in an order of its own, round and round until they are told to stop.
    pub(crate) fn ask(&self, client: &Client, whom: &[Uuid], callers: usize, dice: &mut Dice) -> Asking {
        let (mut running, is_over) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        for _ in 0..callers {
            let mut order = whom.to_vec();
            dice.shuffle(&mut order);
            let (client, record, is_over) = (client.clone(), Arc::clone(&self.record), Arc::clone(&is_over));
            running.spawn(async move {
                for identity in order.into_iter().cycle() {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    let told = record.call(identity, client.try_resolve(identity)).await;
                    if !matches!(told, Told::User { .. }) {
                        tokio::time::sleep(BREATH).await;
                    }
                }
            });
        }
        Asking { callers: running, is_over }
    }

    /// Asks once more for everybody, until each has an answer that stays.
    pub(crate) async fn settle(&self, client: &Client) {
        for identity in self.served.iter().chain(&self.refused).chain(self.twins.iter().flatten()) {
            let start = Instant::now();
            while !is_final(&self.record.call(*identity, client.try_resolve(*identity)).await) {
                assert!(start.elapsed() < PATIENCE, "{identity} gets no answer");
                tokio::time::sleep(BREATH).await;
            }
        }
    }

    /// Everything that cannot be: in what they were told, and in the tables.
    pub(crate) async fn wrongs(&self, db: &TestDb) -> Vec<String> {
        let users = db.users().await;
        let linked = users.into_iter().filter_map(|user| Some((user.auth_id?.parse().ok()?, user.id)));
        let links: BTreeMap<Uuid, String> = linked.collect();
        let told = violations(&self.record.calls(), &links);
        let mut wrong: Vec<String> = told.iter().map(|violation| format!("{violation:?}")).collect();
        let without = self.served.iter().filter(|identity| !links.contains_key(identity));
        wrong.extend(without.map(|identity| format!("{identity} has no user")));
        let unwanted = self.refused.iter().filter(|identity| links.contains_key(identity));
        wrong.extend(unwanted.map(|identity| format!("{identity} was refused and has a user")));
        for twins in &self.twins {
            let winners = twins.iter().filter(|identity| links.contains_key(identity)).count();
            if winners != 1 {
                wrong.push(format!("{winners} of the twins {twins:?} have a user"));
            }
        }
        wrong.extend(db.broken_users().await);
        wrong
    }

    /// How many identities there are.
    pub(crate) fn size(&self) -> usize {
        self.served.len() + self.refused.len() + 2 * self.twins.len()
    }

    /// Calls in all, answered 200, and without any answer.
    pub(crate) fn tally(&self) -> (usize, usize, usize) {
        let calls = self.record.calls();
        let users = calls.iter().filter(|call| matches!(call.told, Told::User { .. })).count();
        let nothing = calls.iter().filter(|call| call.told == Told::Nothing).count();
        (calls.len(), users, nothing)
    }
}

impl Asking {
    /// Lets everybody have the answer to the last question.
    pub(crate) async fn stop(self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.callers.join_all().await;
    }
}

fn is_final(told: &Told) -> bool {
    match told {
        Told::User { .. } => true,
        Told::Refused { retryable, .. } => *retryable == Some(false),
        Told::Nothing => false,
    }
}
