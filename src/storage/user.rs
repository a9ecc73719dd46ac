//! Table `user`. It may be somebody else's, so its statements are not checked at compile time, and which columns
//! a new row fills is found out at run time (`layout`, `plan`).

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Row, mysql::MySqlRow};
use time::OffsetDateTime;

use self::layout::Shape;
pub use self::{
    addresses::{LIST_SHARED_ADDRESSES, Listed, list_addresses},
    layout::{Gap, Inspection, inspect},
    link::{Locked, lock, set_identity, set_no_identity, set_other_identity},
};
pub(super) use self::{
    layout::Layout,
    link::{prove, set_letter_case},
};
use super::{Connection, StorageError};
use crate::domain::{
    email::{self, EmailAddress},
    identity::Names,
    ids::{IdentityId, UserId},
    user::{Candidate, Likeness},
};

mod addresses;
mod fit;
mod layout;
mod link;
mod plan;

/// More users than this with one address are "several" whatever they are.
const CANDIDATES: usize = 50;
// Not sorted, which nobody needs: where MariaDB (10.11.19) sorts what it found by the index of a virtual column,
// it can hold the condition against a stale value of that column and lose the row.
const HAS_ADDRESS: &str = "resolver_address IN (?, ?, ?) LIMIT 50";

/// A row to be inserted.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// The user.
    pub id: UserId,
    /// Its identity.
    pub identity: IdentityId,
    /// Its address, as typed.
    pub address: &'a EmailAddress,
    /// Its names and picture, cut to fit.
    pub names: &'a Names,
    /// UTC.
    pub created_at: OffsetDateTime,
}

/// The user linked to an identity.
pub async fn find_linked(
    connection: &mut Connection,
    identity: IdentityId,
) -> Result<Option<UserId>, StorageError> {
    let row = sqlx::query("SELECT id FROM `user` WHERE authId = ?")
        .bind(identity.hyphenated())
        .fetch_optional(connection)
        .await?;
    row.map(|row| user_id(&row.try_get::<String, _>("id")?)).transpose()
}

/// Users whose address is the same as this one or confusable with it, by our comparison and not the
/// database's. More than it may read come back as confusable, all of them.
pub async fn list_by_address(
    connection: &mut Connection,
    address: &EmailAddress,
) -> Result<Vec<Candidate>, StorageError> {
    let (statement, shape) = candidates_where(connection, HAS_ADDRESS).await?;
    let mut query = sqlx::query(AssertSqlSafe(statement));
    for key in address.keys() {
        query = query.bind(key);
    }
    let rows = query.fetch_all(&mut *connection).await;
    let rows = rows.map_err(|error| outdated(connection, error))?;
    // Behind a full page there may be one that counts; so nobody on it is let go as a stranger.
    let stranger = (rows.len() >= CANDIDATES).then_some(Likeness::Confusable);
    let found = rows.iter().filter_map(|row| candidate(&shape, row, address, stranger).transpose());
    found.collect()
}

/// The user with this id, if its address is the same as this one or confusable with it.
pub async fn find_with_address(
    connection: &mut Connection,
    id: UserId,
    address: &EmailAddress,
) -> Result<Option<Candidate>, StorageError> {
    let (statement, shape) = candidates_where(connection, "id = ?").await?;
    let row =
        sqlx::query(AssertSqlSafe(statement)).bind(id.hyphenated()).fetch_optional(&mut *connection).await;
    let row = row.map_err(|error| outdated(connection, error))?;
    Ok(row.map(|row| candidate(&shape, &row, address, None)).transpose()?.flatten())
}

/// Refused with [`StorageError::Duplicate`] when the identity has a user already, and with
/// [`StorageError::Unfillable`] when the table asks for what neither we nor the settings know.
pub async fn insert(connection: &mut Connection, user: &NewUser<'_>) -> Result<(), StorageError> {
    let shape = layout::shape(connection).await?;
    let mut values = shape.plan.values(user)?;
    for (charset, text) in shape.plan.narrow(&mut values) {
        // Asked in a SELECT, because in strict mode an INSERT would refuse what it cannot convert.
        // The CAST, because MySQL would type a bare parameter as {charset} and refuse (3988) what it lacks.
        // Safe: the character set's name comes from `information_schema`, checked.
        let statement = format!(
            "SELECT CONVERT(CONVERT(CAST(? AS CHAR CHARACTER SET utf8mb4) USING {charset}) USING utf8mb4)"
        );
        let converted = sqlx::query_as(AssertSqlSafe(statement)).bind(&*text).fetch_one(&mut *connection);
        (*text,) = converted.await?;
    }
    if shape.plan.email_must_differ {
        refuse_taken_address(connection, user.address).await?;
    }
    for (statement, columns, differing) in shape.plan.must_differ(&values) {
        // Safe: the columns' names come from `information_schema`, quoted.
        let question = sqlx::query(AssertSqlSafe(statement));
        let question = differing.into_iter().fold(question, |query, value| value.clone().bind_to(query));
        if question.fetch_optional(&mut *connection).await?.is_some() {
            return Err(StorageError::Unfillable(format!("another user has the value for {columns}")));
        }
    }
    let inserted = shape.plan.insert(user, values).execute(&mut *connection).await;
    match inserted.map_err(StorageError::from) {
        Ok(_) => Ok(()),
        Err(error) => Err(refused_row(connection, error)),
    }
}

/// Where the platform's `email` is unique, its own comparison may find an address taken that is another one for us.
/// The same one is a winner of this very moment.
async fn refuse_taken_address(
    connection: &mut Connection,
    address: &EmailAddress,
) -> Result<(), StorageError> {
    let row = sqlx::query("SELECT email FROM `user` WHERE email = ? LIMIT 1")
        .bind(address.as_typed())
        .fetch_optional(connection)
        .await
        .map_err(|error| match StorageError::from(error) {
            // A letter that the column's character set lacks: nobody has such an address there.
            StorageError::Refused { number: 1267 | 1977 | 3854 | 3988, .. } => StorageError::AddressUnfit,
            other => other,
        })?;
    match row.map(|row| row.try_get::<Option<String>, _>("email")).transpose()?.flatten() {
        None => Ok(()),
        Some(taken) if email::same(&taken) == address.same() => Err(StorageError::Duplicate),
        Some(_) => Err(StorageError::AddressTaken),
    }
}

/// What a refused INSERT means. The numbers: 1054 unknown column, 1364 no default, 1906 and 3105 generated column;
/// 1366, 1406 and MySQL's 3988 the value does not fit, and all but the address was cut to fit; the others: NULL,
/// range, type, foreign key, trigger, check.
fn refused_row(connection: &Connection, error: StorageError) -> StorageError {
    match error {
        StorageError::Refused { number: 1054 | 1364 | 1906 | 3105, .. } => {
            connection.layout().forget();
            StorageError::Vanished("what was known of the table user".to_owned())
        }
        StorageError::Refused { number: 1366 | 1406 | 3988, .. } => StorageError::AddressUnfit,
        StorageError::Refused { number, .. }
            if [1048, 1264, 1265, 1292, 1452, 1644, 3819, 4025].contains(&number) =>
        {
            StorageError::Unfillable(format!("the server refuses the row ({number})"))
        }
        other => other,
    }
}

/// The statement for candidates. Safe: the condition is a literal, and the verified column's name comes from
/// `information_schema`, quoted.
async fn candidates_where(
    connection: &mut Connection,
    condition: &'static str,
) -> Result<(String, Arc<Shape>), StorageError> {
    let shape = layout::shape(connection).await?;
    let verified = shape.verified()?;
    let statement =
        format!("SELECT id, email, authId, {verified} AS resolver_verified FROM `user` WHERE {condition}");
    Ok((statement, shape))
}

fn outdated(connection: &Connection, error: sqlx::Error) -> StorageError {
    let error = StorageError::from(error);
    if error.is_missing_object() {
        connection.layout().forget();
    }
    error
}

/// The row as a candidate; a stranger's address gives it the likeness `stranger`, or nothing at all.
fn candidate(
    shape: &Shape,
    row: &MySqlRow,
    address: &EmailAddress,
    stranger: Option<Likeness>,
) -> Result<Option<Candidate>, StorageError> {
    let stored: Option<String> = row.try_get("email")?;
    let Some(likeness) = stored.and_then(|stored| Likeness::of(address, &stored)).or(stranger) else {
        return Ok(None);
    };
    let verified: Option<String> = row.try_get("resolver_verified")?;
    Ok(Some(Candidate {
        id: shape.findable(&row.try_get::<String, _>("id")?)?,
        linked_to: linked_to(row)?,
        likeness,
        known_unverified: layout::says_unverified(verified.as_deref()),
    }))
}

fn linked_to(row: &MySqlRow) -> Result<Option<IdentityId>, StorageError> {
    let linked_to: Option<String> = row.try_get("authId")?;
    let inconsistent = |_| StorageError::Inconsistent { table: "user", column: "authId" };
    linked_to.map(|id| IdentityId::parse(&id)).transpose().map_err(inconsistent)
}

fn user_id(text: &str) -> Result<UserId, StorageError> {
    UserId::parse(text).map_err(|_| StorageError::Inconsistent { table: "user", column: "id" })
}
