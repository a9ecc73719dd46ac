//! What is held against the model: each answer when it comes, and the tables now and then.

use super::policy::Expected;
use super::state::{Model, Row};
use crate::support::answer::Answer;
use identity_resolver::domain::email::confusable;
use std::collections::BTreeSet;

impl Model<'_> {
    /// Takes an answer to one account, alone or out of a crowd, into the model.
    pub(super) fn take(&mut self, account: usize, expected: &Expected, answer: &Answer) {
        let account = self.accounts[account].clone();
        if answer.status != 200 {
            *self.outcomes.entry(answer.error()).or_default() += 1;
            let refused = Expected::Refused(answer.status, leak(&answer.error()));
            assert!(*expected == Expected::Any || *expected == refused, "{expected:?}: {answer}");
            assert!(matches!(answer.status, 404 | 409 | 422), "{answer}");
            return;
        }
        let (user, known) = (answer.user(), self.linked_to(account.id).map(|row| row.id.clone()));
        if answer.created() {
            assert!(matches!(expected, Expected::Created | Expected::Any), "{expected:?}: {answer}");
            assert!(known.is_none() && self.rows.iter().all(|row| row.id != user), "{answer}");
            let mut row = Row::new(user, account.person, account.address.trim());
            row.is_ours = true;
            row.link(account.id);
            self.rows.push(row);
            return self.count("created");
        }
        let row = self.rows.iter_mut().find(|row| row.id == user && !row.is_deleted).expect("a user we know");
        assert_eq!(row.person, account.person, "{account:?} was given the user of another: {row:?}");
        if let Some(identity) = row.linked {
            assert_eq!(identity, account.id, "{answer}");
            assert!(*expected == Expected::Hit(user) || *expected == Expected::Any, "{expected:?}: {answer}");
            self.count("hit");
        } else {
            row.link(account.id);
            let linked = *expected == Expected::Linked(user) || *expected == Expected::Any;
            assert!(known.is_none() && account.is_verified() && linked, "{expected:?}: {answer}");
            self.count("linked");
        }
    }

    fn count(&mut self, outcome: &str) {
        *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
    }

    /// Compares the tables with the model.
    pub(super) async fn check(&self) {
        let db = &self.world.db;
        let (users, links, history) = (db.users().await, db.links().await, db.history().await);
        for row in self.living() {
            let linked = row.linked.map(|id| id.to_string());
            let stored = users.iter().find(|user| user.id == row.id).expect("a user the model knows");
            assert_eq!((&stored.auth_id, &stored.email), (&linked, &row.email), "{row:?}");
            let told: Vec<_> = history.iter().filter(|change| change.user_id == row.id).collect();
            assert_eq!(told.len(), row.changes, "{told:?}");
            let last = row.last.map(|id| id.to_string());
            assert_eq!(told.last().and_then(|change| change.identity_id.clone()), last, "{told:?}");
            assert!(linked.is_none() || linked == last);
            let link = links.iter().find(|(user, _, _)| *user == row.id);
            assert_eq!(link.and_then(|(_, identity, _)| identity.clone()), last, "{row:?}");
            for (place, change) in told.iter().enumerate() {
                let event = if row.is_ours && place == 0 { "user.created" } else { "identity.linked" };
                assert_eq!(
                    (change.event.as_str(), change.proof.as_deref()),
                    (event, Some("verified_address"))
                );
            }
        }
        let ours = self.living().filter(|row| row.is_ours && !row.is_edited);
        let ours: Vec<String> = ours.filter_map(|row| row.email.as_deref().map(confusable)).collect();
        assert_eq!(
            ours.iter().collect::<BTreeSet<_>>().len(),
            ours.len(),
            "two of our users can be confused"
        );
    }
}

/// The codes are few.
fn leak(code: &str) -> &'static str {
    Box::leak(code.to_owned().into_boxed_str())
}
