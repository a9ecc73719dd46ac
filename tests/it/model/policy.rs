//! The policy at its default settings once more, from what the model knows: what a resolve is answered, and what
//! becomes of an approval.

use super::questions::{Question, Wait};
use super::state::{Account, Model, Row};
use identity_resolver::domain::email::{confusable, same};
use uuid::Uuid;

/// The answer to a resolve.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Hit(String),
    Linked(String),
    Created,
    /// A question about this row, and about the identity that is gone.
    Asked(usize, Option<Uuid>),
    /// Status and code; and by which row of the policy, which no caller sees.
    Refused(u16, &'static str, &'static str),
    /// Any answer that gives nobody the user of another: what is seen depends on chance.
    Any,
}

use Expected::{Any, Asked, Created, Hit, Linked, Refused};

/// The code of a question, and of refusals that look like one.
pub(super) const REVIEW: &str = "identity_link_requires_review";
const AMBIGUOUS: &str = "identity_email_ambiguous";
const UNVERIFIED: &str = "identity_email_unverified";

/// The rows that have an address, or one that looks like it.
struct Matching {
    same: Vec<usize>,
    confusable: Vec<usize>,
    /// Confusable ones whose own address is odd: found through a claim only, if they have one.
    odd: Vec<usize>,
}

impl Model<'_> {
    /// Rows a to n for this identity.
    pub(super) fn expected(&self, account: &Account) -> Expected {
        if let Some(row) = self.linked_to(account.id) {
            return Hit(row.id.clone());
        }
        if self.is_orphan(account.id) {
            return Refused(409, REVIEW, "b");
        }
        match account {
            Account { is_flapping: true, .. } => Any,
            Account { exists: false, .. } => Refused(404, "identity_not_found", "c"),
            Account { is_active: false, .. } => Refused(409, "identity_inactive", "d"),
            _ => self.by_address(account),
        }
    }

    fn matching(&self, address: &str) -> Matching {
        let key = confusable(address);
        let mut found = Matching { same: vec![], confusable: vec![], odd: vec![] };
        for (place, row) in self.rows.iter().enumerate().filter(|(_, row)| !row.is_deleted) {
            let Some(email) = row.email.as_deref().filter(|email| confusable(email) == key) else { continue };
            match same(email) {
                own if own == same(address) => found.same.push(place),
                own if own == key => found.confusable.push(place),
                _ => found.odd.push(place),
            }
        }
        found
    }

    fn by_address(&self, account: &Account) -> Expected {
        let Matching { same, confusable, odd } = self.matching(&account.address);
        match (same.as_slice(), confusable.as_slice(), odd.as_slice()) {
            ([_, _, ..], _, _) | (_, [_, ..], _) => Refused(409, AMBIGUOUS, "e"),
            (_, _, [_, ..]) => Any,
            ([], ..) if account.is_verified() => Created,
            ([], ..) => Refused(422, UNVERIFIED, "n unverified"),
            ([one], ..) => self.by_match(account, *one),
        }
    }

    fn by_match(&self, account: &Account, place: usize) -> Expected {
        let row = &self.rows[place];
        let bar = self.bars.iter().find(|bar| bar.identity == account.id && bar.row == place);
        match (row.linked.map(|other| self.account(other)), bar) {
            (Some(Account { is_flapping: true, .. }), _) => Any,
            (Some(Account { exists: true, .. }), _) => Refused(409, "identity_linked_elsewhere", "f"),
            (Some(_), _) if !account.is_verified() => Refused(409, REVIEW, "g unverified"),
            (Some(_), Some(_)) => Refused(409, REVIEW, "g barred"),
            (Some(gone), None) => Asked(place, Some(gone.id)),
            (None, Some(bar)) => Refused(409, REVIEW, bar.cause.row()),
            (None, None) if !account.is_verified() => Refused(422, UNVERIFIED, "l unverified"),
            (None, None) if row.is_verified => Linked(row.id.clone()),
            (None, None) => Asked(place, None),
        }
    }

    /// What a person hears who approves; `None` where it depends on chance.
    pub(super) fn approval(&self, question: &Question) -> Option<&'static str> {
        if !question.is_open() {
            return Some("closed");
        }
        if let Some(gone) = question.gone.map(|gone| self.account(gone)) {
            match (gone, question.wait) {
                (Account { is_flapping: true, .. }, _) => return None,
                (Account { exists: true, .. }, _) => return Some("void"),
                (_, Wait::Over) => {}
                _ => return Some("ask again"),
            }
        }
        let account = self.account(question.identity);
        let Matching { same, confusable, odd } = self.matching(&account.address);
        let is_found = same.contains(&question.row) || confusable.contains(&question.row);
        match account {
            Account { is_flapping: true, .. } => None,
            Account { exists: false, .. } => Some("void"),
            _ if !odd.is_empty() => None,
            _ if !is_found || self.linked_to(account.id).is_some() => Some("void"),
            _ if self.is_orphan(account.id) => Some("not now: identity_link_requires_review"),
            Account { is_active: false, .. } => Some("not now: identity_inactive"),
            _ if same.len() > 1 || !confusable.is_empty() => Some("not now: identity_email_ambiguous"),
            _ => Some(still_asked(question, &self.rows[question.row], account.is_verified())),
        }
    }
}

/// Everything else is as it was: is the question, and is the proof there that no person can replace?
fn still_asked(question: &Question, row: &Row, is_verified: bool) -> &'static str {
    match (row.linked, question.gone) {
        (Some(other), Some(gone)) if other == gone && is_verified => "done",
        (Some(other), Some(gone)) if other == gone => "not now: identity_link_requires_review",
        (None, _) if !is_verified => "not now: identity_email_unverified",
        (None, None) => "done",
        _ => "void",
    }
}
