//! What is held against the model: each answer when it comes, and the tables now and then.

use super::by_hand::ACTOR;
use super::policy::{Expected, REVIEW};
use super::state::{Change, Model, Row};
use crate::support::answer::Answer;
use crate::support::reviews::REASON;
use crate::support::rows::HistoryRow;
use identity_resolver::domain::email::{confusable, same};
use std::collections::BTreeSet;
use uuid::Uuid;

impl Model<'_> {
    /// Takes an answer to one account, alone or out of a crowd, into the model.
    pub(super) fn take(&mut self, account: usize, expected: &Expected, answer: &Answer) {
        let account = self.accounts[account].clone();
        if answer.status != 200 {
            return self.take_refusal(expected, answer);
        }
        let (user, known) = (answer.user(), self.linked_to(account.id).map(|row| row.id.clone()));
        let created = answer.created();
        if created {
            assert!(matches!(expected, Expected::Created | Expected::Any), "{expected:?}: {answer}");
            assert!(known.is_none() && self.rows.iter().all(|row| row.id != user), "{answer}");
            self.rows.push(Row::new(user.clone(), account.address.trim(), true));
        }
        let place = self.rows.iter().position(|row| row.id == user).expect("a user we know");
        let row = &self.rows[place];
        assert!(!row.is_deleted, "{answer}");
        if let Some(identity) = row.linked {
            assert_eq!(identity, account.id, "{answer}: it was given the user of another: {row:?}");
            assert!(*expected == Expected::Hit(user) || *expected == Expected::Any, "{expected:?}: {answer}");
            return self.count("hit");
        }
        let is_hers = row.owner(self.episode) == Some(account.person);
        let is_same = same(row.email.as_deref().unwrap_or_default()) == same(&account.address);
        assert!(is_hers && is_same, "{account:?} was given the user of another: {row:?}");
        assert!(known.is_none() && account.is_verified(), "{account:?}: {answer}");
        let linked = created || *expected == Expected::Linked(user) || *expected == Expected::Any;
        assert!(linked, "{expected:?}: {answer}");
        if row.is_edited {
            self.count("linked to a row that was edited");
        }
        self.count(if created { "created" } else { "linked" });
        let event = if created { "user.created" } else { "identity.linked" };
        let identity = Some(account.id);
        self.change(place, Change { event, identity, previous: None, proof: "verified_address" });
    }

    fn take_refusal(&mut self, expected: &Expected, answer: &Answer) {
        let (status, code) = answer.refusal();
        let (wanted, outcome) = match expected {
            Expected::Refused(status, code, row) => (Some((*status, *code)), *row),
            Expected::Asked(_, None) => (Some((409, REVIEW)), "l asked"),
            Expected::Asked(_, Some(_)) => (Some((409, REVIEW)), "g asked"),
            Expected::Any => (None, "refused by chance"),
            _ => panic!("{expected:?}: {answer}"),
        };
        assert!(wanted.is_none_or(|wanted| wanted == (status, &code)), "{expected:?}: {answer}");
        assert!(matches!(status, 404 | 409 | 422), "{answer}");
        self.count(outcome);
    }

    /// Compares the tables with the model.
    pub(super) async fn check(&mut self) {
        let db = &self.stage.world.db;
        let (users, links, history) = (db.users().await, db.links().await, db.history().await);
        for row in &self.rows {
            let told: Vec<_> = history.iter().filter(|change| change.user_id == row.id).collect();
            is_told(row, &told);
            if row.is_deleted {
                continue;
            }
            let (linked, recorded) = (written(row.linked), written(row.recorded));
            let stored = users.iter().find(|user| user.id == row.id).expect("a user the model knows");
            assert_eq!((&stored.auth_id, &stored.email), (&linked, &row.email), "{row:?}");
            let last = told.last().and_then(|change| change.identity_id.clone());
            assert!(linked.is_none() || linked == last, "history and authId disagree: {row:?}");
            let link = links.iter().find(|(user, _, _)| *user == row.id);
            assert_eq!(link.and_then(|(_, identity, _)| identity.clone()), recorded, "{row:?}");
        }
        let ours = self.living().filter(|row| row.is_ours() && !row.is_edited);
        let ours: Vec<String> = ours.filter_map(|row| row.email.as_deref().map(confusable)).collect();
        let distinct = ours.iter().collect::<BTreeSet<_>>().len();
        assert_eq!(distinct, ours.len(), "two of our users can be confused");
        self.bars_agree().await;
        self.agree().await;
    }
}

/// The history of one user is the one that the model has, and closes: each change begins where the one before it
/// ended, but where the platform emptied `authId` in between.
fn is_told(row: &Row, told: &[&HistoryRow]) {
    assert_eq!(told.len(), row.changes.len(), "{told:?}, but {row:?}");
    let mut before: Option<String> = None;
    for (stored, change) in told.iter().zip(&row.changes) {
        assert_eq!(
            (
                stored.event.as_str(),
                &stored.identity_id,
                &stored.previous_identity_id,
                stored.proof.as_deref()
            ),
            (change.event, &written(change.identity), &written(change.previous), Some(change.proof)),
            "{row:?}"
        );
        assert!(stored.previous_identity_id.is_none() || stored.previous_identity_id == before, "{told:?}");
        if change.proof == "admin" {
            assert_eq!((stored.actor.as_str(), stored.why.as_str()), (ACTOR, REASON));
        }
        before.clone_from(&stored.identity_id);
    }
}

fn written(identity: Option<Uuid>) -> Option<String> {
    identity.map(|identity| identity.to_string())
}
