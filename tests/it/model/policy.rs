//! The policy at its default settings once more, from what the model knows.

use super::state::{Account, Model, Row};
use identity_resolver::domain::email::{confusable, same};

/// The answer to a resolve.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Hit(String),
    Linked(String),
    Created,
    Refused(u16, &'static str),
    /// Any answer that gives nobody the user of another: what is seen depends on chance.
    Any,
}

use Expected::{Any, Created, Hit, Linked, Refused};

const AMBIGUOUS: Expected = Refused(409, "identity_email_ambiguous");
const REVIEW: Expected = Refused(409, "identity_link_requires_review");
const UNVERIFIED: Expected = Refused(422, "identity_email_unverified");

impl Model<'_> {
    /// Rows a to n for this identity.
    pub(super) fn expected(&self, account: &Account) -> Expected {
        if let Some(row) = self.linked_to(account.id) {
            return Hit(row.id.clone());
        }
        if self.rows.iter().any(|row| row.is_deleted && row.ever.contains(&account.id)) {
            return REVIEW;
        }
        match account {
            Account { is_flapping: true, .. } => Any,
            Account { exists: false, .. } => Refused(404, "identity_not_found"),
            Account { is_active: false, .. } => Refused(409, "identity_inactive"),
            _ => self.by_address(account),
        }
    }

    fn by_address(&self, account: &Account) -> Expected {
        let key = confusable(&account.address);
        let stored = |row: &&Row| row.email.as_deref().is_some_and(|email| confusable(email) == key);
        let is_same = |row: &&Row| same(row.email.as_deref().unwrap_or_default()) == same(&account.address);
        let (exact, looks): (Vec<&Row>, Vec<&Row>) = self.living().filter(stored).partition(is_same);
        // One whose own address is odd is found through its claim only, if it has one.
        let is_plain = |row: &&Row| same(row.email.as_deref().unwrap_or_default()) == key;
        match (exact.as_slice(), looks.as_slice()) {
            ([_, _, ..], _) => AMBIGUOUS,
            (_, looks) if looks.iter().any(is_plain) => AMBIGUOUS,
            (_, [_, ..]) => Any,
            ([], []) if account.is_verified() => Created,
            ([], []) => UNVERIFIED,
            ([one], []) => self.by_match(account, one),
        }
    }

    fn by_match(&self, account: &Account, row: &Row) -> Expected {
        let other = row.linked.and_then(|id| self.accounts.iter().find(|other| other.id == id));
        match other {
            Some(Account { is_flapping: true, .. }) => Any,
            Some(Account { exists: true, .. }) => Refused(409, "identity_linked_elsewhere"),
            Some(_) => REVIEW,
            None if account.is_verified() => Linked(row.id.clone()),
            None => UNVERIFIED,
        }
    }
}
