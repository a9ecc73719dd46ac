//! Links, read many at once or from the user's side. They span `user` and tables of ours, and `user` may be
//! somebody else's, so the statements are not checked at compile time. Nothing is written here.

use sqlx::Row;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::{
    Connection, StorageError,
    id_list::{self, by_id_list, fitting, marks, padded},
};
use crate::domain::ids::{IdentityId, UserId};

const LINKED: [&str; 10] = by_id_list!("SELECT id, authId FROM `user` WHERE authId IN (", ")");
const ORPHANS: [&str; 10] = by_id_list!(
    "SELECT h.identity_id FROM link_history h LEFT JOIN `user` u ON u.id = h.user_id WHERE h.identity_id IN (",
    ") AND u.id IS NULL AND NOT EXISTS (SELECT 1 FROM link_history a
        WHERE a.identity_id = h.identity_id AND a.proof = 'admin' AND a.id > h.id)"
);

/// A linked identity and its user; a row whose user id is no UUID is that row's error and nobody else's.
pub type Linked = (IdentityId, Result<UserId, StorageError>);

/// Those of the identities that have a user, in no order.
pub async fn list_linked(
    connection: &mut Connection,
    identities: &[IdentityId],
) -> Result<Vec<Linked>, StorageError> {
    let mut found = Vec::new();
    for part in identities.chunks(id_list::MOST) {
        let mut query = sqlx::query(fitting(&LINKED, part));
        for id in padded(part) {
            query = query.bind(id.hyphenated());
        }
        for row in query.fetch_all(&mut *connection).await? {
            let user = UserId::parse(&row.try_get::<String, _>("id")?);
            let inconsistent = |_| StorageError::Inconsistent { table: "user", column: "id" };
            found.push((identity(&row.try_get::<String, _>("authId")?)?, user.map_err(inconsistent)));
        }
    }
    Ok(found)
}

/// Those of the identities that were linked by us to a user whose row is gone, in no order.
pub async fn list_orphans(
    connection: &mut Connection,
    identities: &[IdentityId],
) -> Result<Vec<IdentityId>, StorageError> {
    let mut found = Vec::new();
    for part in identities.chunks(id_list::MOST) {
        let mut query = sqlx::query(fitting(&ORPHANS, part));
        for id in padded(part) {
            query = query.bind(id.hyphenated());
        }
        for row in query.fetch_all(&mut *connection).await? {
            let id: String = row.try_get("identity_id")?;
            let inconsistent =
                |_| StorageError::Inconsistent { table: "link_history", column: "identity_id" };
            found.push(IdentityId::parse(&id).map_err(inconsistent)?);
        }
    }
    Ok(found)
}

/// The identity a user is linked to, and since when, in UTC; the time is `None` where our own record does not
/// speak of this link. `None` as a whole: no such user, or not linked.
pub async fn find_by_user(
    connection: &mut Connection,
    user: UserId,
) -> Result<Option<(IdentityId, Option<OffsetDateTime>)>, StorageError> {
    let row = sqlx::query(
        "SELECT u.authId, l.identity_id, l.linked_at FROM `user` u LEFT JOIN user_link l ON l.user_id = u.id
          WHERE u.id = ?",
    )
    .bind(user.hyphenated())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(linked) = row.try_get::<Option<String>, _>("authId")? else { return Ok(None) };
    let linked = identity(&linked)?;
    let recorded = row.try_get::<Option<String>, _>("identity_id")?;
    let is_recorded = recorded.is_some_and(|id| IdentityId::parse(&id) == Ok(linked));
    let at: Option<PrimitiveDateTime> = row.try_get("linked_at")?;
    Ok(Some((linked, at.filter(|_| is_recorded).map(PrimitiveDateTime::assume_utc))))
}

fn identity(text: &str) -> Result<IdentityId, StorageError> {
    IdentityId::parse(text).map_err(|_| StorageError::Inconsistent { table: "user", column: "authId" })
}
