//! What the model knows: every identity and every user of this episode, and how they came to be linked.

use super::people::Person;
use crate::support::client::Client;
use crate::support::world::World;
use identity_resolver::domain::email::same;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One episode.
pub(super) struct Model<'w> {
    pub(super) world: &'w World,
    pub(super) clients: &'w [Client; 2],
    pub(super) episode: usize,
    pub(super) accounts: Vec<Account>,
    pub(super) rows: Vec<Row>,
    /// How often each answer was met.
    pub(super) outcomes: BTreeMap<String, usize>,
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
    pub(super) person: Person,
    pub(super) email: Option<String>,
    pub(super) linked: Option<Uuid>,
    /// The identity of the last link, which outlives an `authId` emptied by the platform, and the row.
    pub(super) last: Option<Uuid>,
    /// All it was ever linked to.
    pub(super) ever: Vec<Uuid>,
    /// Rows of `link_history` that tell of it.
    pub(super) changes: usize,
    pub(super) is_ours: bool,
    pub(super) is_edited: bool,
    pub(super) is_deleted: bool,
}

impl Account {
    /// V of the policy.
    pub(super) fn is_verified(&self) -> bool {
        self.entries.iter().any(|(value, verified)| *verified && same(value) == same(&self.address))
    }
}

impl Row {
    /// Unlinked, as the platform makes them.
    pub(super) fn new(id: String, person: Person, email: &str) -> Row {
        Row {
            id,
            person,
            email: Some(email.to_owned()),
            linked: None,
            last: None,
            ever: Vec::new(),
            changes: 0,
            is_ours: false,
            is_edited: false,
            is_deleted: false,
        }
    }

    /// As a link leaves it behind.
    pub(super) fn link(&mut self, identity: Uuid) {
        (self.linked, self.last) = (Some(identity), Some(identity));
        self.ever.push(identity);
        self.changes += 1;
    }
}

impl<'w> Model<'w> {
    /// Nobody there yet.
    pub(super) fn new(world: &'w World, clients: &'w [Client; 2], episode: usize) -> Model<'w> {
        Model { world, clients, episode, accounts: vec![], rows: vec![], outcomes: BTreeMap::new() }
    }

    /// The rows that the platform has not deleted.
    pub(super) fn living(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.is_deleted)
    }

    /// The row that an identity is linked to.
    pub(super) fn linked_to(&self, identity: Uuid) -> Option<&Row> {
        self.living().find(|row| row.linked == Some(identity))
    }
}
