//! What a table `user` must have, and how it gets it; and our own `user_id` columns, which must be of the same
//! character set and collation as `user.id`, or a join reads the whole table.

use sqlx::MySqlConnection;

use super::{
    AdoptionError, USER,
    alter::{self, Manner},
    check,
    record::{self, What},
};
use crate::storage::{
    StorageError,
    columns::{self, Column},
    lease::Held,
    migrations::our_tables,
};

/// An object that `user` must have.
struct Wanted {
    object: &'static str,
    what: What,
    change: &'static str,
    manner: Manner,
}

// Invisible, so that the platform's INSERT without a column list and its SELECT * go on as before. Column and
// index of the address in statements of their own: together they are not online on either server.
const WANTED: [Wanted; 4] = [
    Wanted {
        object: "user.authId",
        what: What::ColumnAdded,
        change: "ADD COLUMN authId CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL INVISIBLE",
        manner: Manner::Instant,
    },
    Wanted {
        object: "user.user_authId_uq",
        what: What::KeyAdded,
        change: "ADD UNIQUE KEY user_authId_uq (authId)",
        manner: Manner::InPlace,
    },
    Wanted {
        object: "user.resolver_address",
        what: What::ColumnAdded,
        change: "ADD COLUMN resolver_address VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin \
                 GENERATED ALWAYS AS (LEFT(LOWER(TRIM(CONVERT(email USING utf8mb4) COLLATE utf8mb4_bin)),255)) \
                 VIRTUAL INVISIBLE",
        manner: Manner::Instant,
    },
    Wanted {
        object: "user.user_resolver_address_ix",
        what: What::KeyAdded,
        change: "ADD KEY user_resolver_address_ix (resolver_address)",
        manner: Manner::InPlace,
    },
];

pub(super) async fn add_what_is_missing(
    raw: &mut MySqlConnection,
    lease: &Held,
    done: &mut Vec<String>,
) -> Result<(), AdoptionError> {
    for wanted in &WANTED {
        check(lease)?;
        if is_there(raw, wanted).await? {
            continue;
        }
        record::append(raw, wanted.object, wanted.what, None).await?;
        alter::run(raw, "`user`", wanted.change, wanted.manner).await?;
        done.push(wanted.object.to_owned());
    }
    Ok(())
}

/// A key is there by whatever name: what counts is its column.
async fn is_there(raw: &mut MySqlConnection, wanted: &Wanted) -> Result<bool, StorageError> {
    let name = wanted.object.strip_prefix("user.").unwrap_or_default();
    if wanted.what == What::ColumnAdded {
        return Ok(columns::list(raw, USER).await?.iter().any(|column| column.is(name)));
    }
    let keys = columns::list_keys(raw, USER).await?;
    let has_it =
        if name == "user_authId_uq" { columns::keep_links_apart } else { columns::lead_to_addresses };
    Ok(has_it(&keys))
}

/// Gives every column of ours that holds a user id the character set and collation of `user.id`.
pub(super) async fn follow_the_id(
    raw: &mut MySqlConnection,
    lease: &Held,
    done: &mut Vec<String>,
) -> Result<(), AdoptionError> {
    let users = columns::list(&mut *raw, USER).await?;
    let Some(id) = users.iter().find(|column| column.is("id")).cloned() else {
        return Ok(());
    };
    for table in our_tables().filter(|table| *table != USER) {
        for column in columns::list(&mut *raw, table).await? {
            if !column.name.ends_with("user_id") || column.collation == id.collation {
                continue;
            }
            check(lease)?;
            let object = format!("{table}.{}", column.name);
            record::append(raw, &object, What::ColumnModified, column.collation.as_deref()).await?;
            set_collation(raw, table, &column, id.collation.as_deref()).await?;
            done.push(object);
        }
    }
    Ok(())
}

/// Only for our own columns, which are all `CHAR(36)` without a default.
pub(super) async fn set_collation(
    raw: &mut MySqlConnection,
    table: &str,
    column: &Column,
    collation: Option<&str>,
) -> Result<(), StorageError> {
    let Some(collation) = collation.filter(|name| is_a_name(name)) else {
        return Err(StorageError::Inconsistent { table: "adoption", column: "old_value" });
    };
    // A collation's name begins with its character set's.
    let charset = collation.split('_').next().unwrap_or_default();
    let null = if column.is_nullable { "NULL" } else { "NOT NULL" };
    let (column, kind) = (column.quoted(), &column.full_type);
    let change = format!("MODIFY {column} {kind} CHARACTER SET {charset} COLLATE {collation} {null}");
    alter::run(raw, &columns::quoted(table), &change, Manner::Any).await
}

fn is_a_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
