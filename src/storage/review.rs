//! Table `review`: questions for a person. One is open per pair (`review_open_uq`), and a closed one stays as
//! it was closed: every change names the state `open`.

use time::{OffsetDateTime, PrimitiveDateTime};

use super::{Connection, StorageError, stored};
use crate::domain::{
    ids::{AuditId, IdentityId, ReviewId, UserId},
    review::{Asked, Closed, Review, State},
};

/// A row as it is stored.
struct Row {
    id: String,
    identity_id: String,
    user_id: String,
    kind: String,
    state: String,
    gone_identity_id: Option<String>,
    gone_since: Option<PrimitiveDateTime>,
    first_audit_id: String,
    asked_at: PrimitiveDateTime,
    decided_at: Option<PrimitiveDateTime>,
    decided_by: Option<String>,
    decision_audit_id: Option<String>,
    reason: Option<String>,
}

/// Who closes a review, in which call.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// As in the history.
    pub actor: &'a str,
    /// The call.
    pub audit: AuditId,
    /// UTC.
    pub at: OffsetDateTime,
}

/// Opens a review; refused with [`StorageError::Duplicate`] when one is open for this pair.
pub async fn insert(connection: &mut Connection, review: &Review) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO review (id, identity_id, user_id, kind, state, open_key, gone_identity_id, gone_since,
                             first_audit_id, asked_at)
         VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?)",
        review.id.hyphenated(),
        review.identity.hyphenated(),
        review.user.hyphenated(),
        review.asked.as_str(),
        open_key(review.identity, review.user),
        review.asked.gone().map(IdentityId::hyphenated),
        review.asked.gone_since().map(stored),
        review.first_audit.hyphenated(),
        stored(review.asked_at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The review of this id.
pub async fn find(connection: &mut Connection, id: ReviewId) -> Result<Option<Review>, StorageError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, identity_id, user_id, kind, state, gone_identity_id, gone_since, first_audit_id, asked_at,
                decided_at, decided_by, decision_audit_id, reason
           FROM review WHERE id = ?",
        id.hyphenated()
    )
    .fetch_optional(connection)
    .await?;
    row.map(Review::try_from).transpose()
}

/// The open review of this pair.
pub async fn find_open(
    connection: &mut Connection,
    identity: IdentityId,
    user: UserId,
) -> Result<Option<Review>, StorageError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, identity_id, user_id, kind, state, gone_identity_id, gone_since, first_audit_id, asked_at,
                decided_at, decided_by, decision_audit_id, reason
           FROM review WHERE open_key = ?",
        open_key(identity, user)
    )
    .fetch_optional(connection)
    .await?;
    row.map(Review::try_from).transpose()
}

/// A page of the reviews in one state, oldest first.
pub async fn list(
    connection: &mut Connection,
    state: State,
    after: Option<ReviewId>,
    limit: u32,
) -> Result<Vec<Review>, StorageError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, identity_id, user_id, kind, state, gone_identity_id, gone_since, first_audit_id, asked_at,
                decided_at, decided_by, decision_audit_id, reason
           FROM review WHERE state = ? AND id > ? ORDER BY id LIMIT ?",
        state.as_str(),
        after.map_or_else(String::new, |id| id.to_string()),
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Review::try_from).collect()
}

/// Closes an open review; false when somebody else has closed it.
pub async fn set_closed(
    connection: &mut Connection,
    id: ReviewId,
    state: State,
    by: By<'_>,
    reason: &str,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE review SET state = ?, open_key = NULL, decided_at = ?, decided_by = ?, decision_audit_id = ?,
                           reason = ?
          WHERE id = ? AND state = 'open'",
        state.as_str(),
        stored(by.at),
        by.actor,
        by.audit.hyphenated(),
        reason,
        id.hyphenated()
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Closes the open reviews that a link of this identity, or of this user, leaves without a question.
pub async fn set_superseded(
    connection: &mut Connection,
    identity: IdentityId,
    user: UserId,
    by: By<'_>,
) -> Result<(), StorageError> {
    // Read first: nearly always there is none, and this runs in every transaction that links.
    let open = sqlx::query!(
        "SELECT id FROM review WHERE identity_id = ? AND state = 'open'
         UNION SELECT id FROM review WHERE user_id = ? AND state = 'open'",
        identity.hyphenated(),
        user.hyphenated()
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in open {
        sqlx::query!(
            "UPDATE review SET state = 'superseded', open_key = NULL, decided_at = ?, decided_by = ?,
                               decision_audit_id = ?
              WHERE id = ? AND state = 'open'",
            stored(by.at),
            by.actor,
            by.audit.hyphenated(),
            row.id
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Closes the open reviews of an identity that has a user of its own by now, or asks something else.
pub async fn set_withdrawn(
    connection: &mut Connection,
    identity: IdentityId,
    by: By<'_>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE review SET state = 'superseded', open_key = NULL, decided_at = ?, decided_by = ?,
                           decision_audit_id = ?
          WHERE identity_id = ? AND state = 'open'",
        stored(by.at),
        by.actor,
        by.audit.hyphenated(),
        identity.hyphenated()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records when the identity that a relink moves away from was first found to be gone, unless that is known.
pub async fn set_gone(
    connection: &mut Connection,
    id: ReviewId,
    since: OffsetDateTime,
) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE review SET gone_since = ? WHERE id = ? AND state = 'open' AND gone_since IS NULL",
        stored(since),
        id.hyphenated()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that the identity from which this one's open relinks move away was not gone after all.
pub async fn set_not_gone(connection: &mut Connection, identity: IdentityId) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE review SET gone_since = NULL
          WHERE identity_id = ? AND state = 'open' AND gone_since IS NOT NULL",
        identity.hyphenated()
    )
    .execute(connection)
    .await?;
    Ok(())
}

impl TryFrom<Row> for Review {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        let identity = |text: &str| IdentityId::parse(text).map_err(|_| odd("identity_id"));
        let audit = |text: &str| AuditId::parse(text).map_err(|_| odd("audit_id"));
        let asked = match (row.kind.as_str(), &row.gone_identity_id) {
            ("link", None) => Asked::Link,
            ("relink", Some(gone)) => Asked::Relink {
                gone: identity(gone)?,
                since: row.gone_since.map(PrimitiveDateTime::assume_utc),
            },
            _ => return Err(odd("kind")),
        };
        let closed = match (row.decided_at, row.decided_by, &row.decision_audit_id) {
            (Some(at), Some(by), Some(id)) => {
                Some(Closed { at: at.assume_utc(), by, audit: audit(id)?, reason: row.reason })
            }
            _ => None,
        };
        Ok(Self {
            id: ReviewId::parse(&row.id).map_err(|_| odd("id"))?,
            identity: identity(&row.identity_id)?,
            user: UserId::parse(&row.user_id).map_err(|_| odd("user_id"))?,
            asked,
            state: row.state.parse().map_err(|_| odd("state"))?,
            first_audit: audit(&row.first_audit_id)?,
            asked_at: row.asked_at.assume_utc(),
            closed,
        })
    }
}

fn odd(column: &'static str) -> StorageError {
    StorageError::Inconsistent { table: "review", column }
}

fn open_key(identity: IdentityId, user: UserId) -> String {
    format!("{identity}:{user}")
}
