//! What the model knows: every identity and every user of this episode, and how they came to be linked.

use super::people::{Person, owner};
use super::questions::{Bar, Question};
use crate::support::client::Client;
use crate::support::world::World;
use identity_resolver::app::by_hand::Desk;
use identity_resolver::domain::email::same;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Where everything happens.
pub(super) struct Stage {
    pub(super) world: World,
    /// Two processes that know which of the platform's addresses are verified.
    pub(super) clients: [Client; 2],
    /// Where a person answers.
    pub(super) desk: Desk,
}

/// One episode.
pub(super) struct Model<'s> {
    pub(super) stage: &'s Stage,
    pub(super) episode: usize,
    pub(super) accounts: Vec<Account>,
    pub(super) rows: Vec<Row>,
    pub(super) questions: Vec<Question>,
    pub(super) bars: Vec<Bar>,
    /// How often each outcome was met.
    pub(super) outcomes: BTreeMap<String, usize>,
    /// How many changes there were in all.
    clock: usize,
    /// When a person last linked an identity.
    by_hand: BTreeMap<Uuid, usize>,
}

/// An identity, kept after Kratos has lost it.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) id: Uuid,
    pub(super) person: Person,
    /// The trait, as typed.
    pub(super) address: String,
    /// Kratos' entries: value and whether it was verified.
    pub(super) entries: Vec<(String, bool)>,
    pub(super) is_active: bool,
    pub(super) exists: bool,
    /// Its look-ups alternate between 404 and the truth.
    pub(super) is_flapping: bool,
}

/// A row of `user`, kept after the platform has deleted it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) email: Option<String>,
    /// U of the policy.
    pub(super) is_verified: bool,
    pub(super) linked: Option<Uuid>,
    /// What our own record says, which outlives an `authId` emptied by the platform, and the row.
    pub(super) recorded: Option<Uuid>,
    /// All it was ever linked to, and when.
    ever: Vec<(Uuid, usize)>,
    pub(super) changes: Vec<Change>,
    pub(super) is_edited: bool,
    pub(super) is_deleted: bool,
}

/// A row of `link_history`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) event: &'static str,
    pub(super) identity: Option<Uuid>,
    pub(super) previous: Option<Uuid>,
    pub(super) proof: &'static str,
}

impl Account {
    /// V of the policy.
    pub(super) fn is_verified(&self) -> bool {
        self.entries.iter().any(|(value, verified)| *verified && same(value) == same(&self.address))
    }
}

impl Row {
    /// Unlinked, as the platform makes them.
    pub(super) fn new(id: String, email: &str, is_verified: bool) -> Row {
        Row {
            id,
            email: Some(email.to_owned()),
            is_verified,
            linked: None,
            recorded: None,
            ever: Vec::new(),
            changes: Vec::new(),
            is_edited: false,
            is_deleted: false,
        }
    }

    /// Whether the service made it.
    pub(super) fn is_ours(&self) -> bool {
        self.changes.first().is_some_and(|change| change.event == "user.created")
    }

    /// Whose user it is while nobody is linked: of whoever gets the mail that the platform sends there.
    pub(super) fn owner(&self, episode: usize) -> Option<Person> {
        self.email.as_deref().and_then(|email| owner(email, episode))
    }
}

impl<'s> Model<'s> {
    /// Nobody there yet.
    pub(super) fn new(stage: &'s Stage, episode: usize) -> Model<'s> {
        Model {
            stage,
            episode,
            accounts: vec![],
            rows: vec![],
            questions: vec![],
            bars: vec![],
            outcomes: BTreeMap::new(),
            clock: 0,
            by_hand: BTreeMap::new(),
        }
    }

    /// The rows that the platform has not deleted.
    pub(super) fn living(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.is_deleted)
    }

    /// The row that an identity is linked to.
    pub(super) fn linked_to(&self, identity: Uuid) -> Option<&Row> {
        self.living().find(|row| row.linked == Some(identity))
    }

    /// What an identity looks like.
    pub(super) fn account(&self, identity: Uuid) -> &Account {
        self.accounts.iter().find(|account| account.id == identity).expect("an identity we know")
    }

    /// Whether an identity was linked to a row that is gone, and no person has linked it since.
    pub(super) fn is_orphan(&self, identity: Uuid) -> bool {
        let since = self.by_hand.get(&identity).copied().unwrap_or_default();
        let counts = |(id, at): &(Uuid, usize)| *id == identity && *at >= since;
        self.rows.iter().any(|row| row.is_deleted && row.ever.iter().any(counts))
    }

    /// A change of a row's link, as it must be told in the history.
    pub(super) fn change(&mut self, place: usize, change: Change) {
        self.clock += 1;
        let row = &mut self.rows[place];
        (row.linked, row.recorded) = (change.identity, change.identity);
        if let Some(identity) = change.identity {
            row.ever.push((identity, self.clock));
            if change.proof == "admin" {
                self.by_hand.insert(identity, self.clock);
            }
            self.supersede(|question| question.identity == identity || question.row == place);
        }
        self.rows[place].changes.push(change);
    }

    /// Counts something that happened.
    pub(super) fn count(&mut self, outcome: impl Into<String>) {
        *self.outcomes.entry(outcome.into()).or_default() += 1;
    }
}
