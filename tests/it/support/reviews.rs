//! Reviews as the tables have them, the commands that answer them, and whether history and links agree.

use super::database::TestDb;
use super::service::Finished;
use super::world::World;
use serde_json::Value;
use uuid::Uuid;

/// What a person says.
pub(crate) const REASON: &str = "asked by phone, ticket 4711";

/// A row of `review`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct ReviewRow {
    /// Its primary key.
    pub(crate) id: String,
    /// Who wants to be linked.
    pub(crate) identity_id: String,
    /// To whom.
    pub(crate) user_id: String,
    /// `link` or `relink`.
    pub(crate) kind: String,
    /// `open` or how it ended.
    pub(crate) state: String,
    /// The identity that is gone.
    pub(crate) gone_identity_id: Option<String>,
    /// The call that met it first.
    pub(crate) first_audit_id: String,
    /// Who closed it.
    pub(crate) decided_by: Option<String>,
    /// Why.
    pub(crate) reason: Option<String>,
}

impl TestDb {
    /// All reviews, oldest first.
    pub(crate) async fn reviews(&self) -> Vec<ReviewRow> {
        sqlx::query_as(
            "SELECT id, identity_id, user_id, kind, state, gone_identity_id, first_audit_id, decided_by, reason \
             FROM review ORDER BY id",
        )
        .fetch_all(self.pool())
        .await
        .expect("reviews")
    }

    /// The states of all reviews, oldest first.
    pub(crate) async fn review_states(&self) -> Vec<String> {
        self.reviews().await.into_iter().map(|review| review.state).collect()
    }

    /// The only review.
    pub(crate) async fn review(&self) -> ReviewRow {
        let reviews = self.reviews().await;
        assert_eq!(reviews.len(), 1, "{reviews:?}");
        reviews.into_iter().next().expect("a review")
    }

    /// All bars: identity, user, cause.
    pub(crate) async fn bars(&self) -> Vec<(String, String, String)> {
        sqlx::query_as("SELECT identity_id, user_id, cause FROM link_bar ORDER BY barred_at")
            .fetch_all(self.pool())
            .await
            .expect("bars")
    }

    /// Moves the first 404 of every open relink into the past.
    pub(crate) async fn a_minute_passes(&self) {
        self.execute("UPDATE review SET gone_since = gone_since - INTERVAL 61 SECOND").await;
    }

    /// Panics unless the last history row of every user, its `authId` and its `user_link` say the same.
    pub(crate) async fn links_agree(&self) {
        let odd: Vec<(String,)> = sqlx::query_as(
            "SELECT u.id FROM `user` u \
             LEFT JOIN (SELECT user_id, MAX(id) AS id FROM link_history GROUP BY user_id) m ON m.user_id = u.id \
             LEFT JOIN link_history h ON h.id = m.id LEFT JOIN user_link l ON l.user_id = u.id \
             WHERE NOT (u.authId <=> h.identity_id) OR NOT (u.authId <=> l.identity_id) \
                OR (l.state = 'linked') <> (u.authId IS NOT NULL)",
        )
        .fetch_all(self.pool())
        .await
        .expect("the comparison");
        assert!(odd.is_empty(), "history and links disagree for {odd:?}");
    }
}

impl World {
    /// Resolves an identity that the policy leaves to a person.
    pub(crate) async fn is_left_to_a_person(&self, identity: Uuid) {
        let answer = self.client().resolve(identity).await;
        assert_eq!(answer.refusal(), (409, "identity_link_requires_review".to_owned()), "{answer}");
    }

    /// `review approve`.
    pub(crate) fn approve(&self, review: &str) -> Finished {
        self.setup().run(&["review", "approve", review, "--reason", REASON])
    }

    /// `review reject`.
    pub(crate) fn reject(&self, review: &str) -> Finished {
        self.setup().run(&["review", "reject", review, "--reason", REASON])
    }

    /// `link`.
    pub(crate) fn link(&self, user: &str, identity: Uuid) -> Finished {
        self.setup().run(&["link", user, &identity.to_string(), "--reason", REASON])
    }

    /// `unlink`.
    pub(crate) fn unlink(&self, user: &str) -> Finished {
        self.setup().run(&["unlink", user, "--reason", REASON])
    }
}

/// The one line of JSON a command printed; panics unless it ended well.
pub(crate) fn said(done: &Finished) -> Value {
    assert_eq!(done.code, Some(0), "{}", done.text());
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.text()))
}

/// Panics unless a command failed with this exit code and words.
pub(crate) fn failed(done: &Finished, code: i32, words: &str) {
    assert_eq!(done.code, Some(code), "{}", done.text());
    assert!(done.stderr.contains(words), "{words}: {}", done.text());
}
