//! Whether a table `user` can be adopted at all. Reads only, so that a refusal has changed nothing; tells every
//! reason at once, with the rows that are in the way.

use sqlx::{AssertSqlSafe, MySqlConnection};

use crate::storage::{
    StorageError,
    columns::{self, Column, Key},
};

const UUID: &str = "'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'";
const NIL_AND_MAX: &str = "'00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'";

/// Why it cannot; empty when it can.
pub(super) async fn refusals(raw: &mut MySqlConnection) -> Result<Vec<String>, StorageError> {
    let mut refusals = of_the_table(raw).await?;
    let columns = columns::list(&mut *raw, "user").await?;
    let keys = columns::list_keys(&mut *raw, "user").await?;
    let column = |name: &str| columns.iter().find(|column| column.is(name));
    let (id, auth_id) = (column("id"), column("authId"));
    refusals.extend(of_the_columns(id, column("email"), &keys));
    if let Some(auth_id) = auth_id {
        refusals.extend(of_the_link_column(auth_id));
    }
    if !refusals.is_empty() {
        return Ok(refusals);
    }
    if let Some(id) = id {
        refusals.extend(of_the_ids(raw, id).await?);
    }
    if auth_id.is_some() {
        refusals.extend(of_the_links(raw).await?);
    }
    Ok(refusals)
}

/// Type, engine, row format, options.
type TableRow = (String, Option<String>, Option<String>, Option<String>);

async fn of_the_table(raw: &mut MySqlConnection) -> Result<Vec<String>, StorageError> {
    let row: Option<TableRow> = sqlx::query_as(
        "SELECT CAST(table_type AS CHAR), CAST(engine AS CHAR), CAST(row_format AS CHAR),
                CAST(create_options AS CHAR)
           FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'user'",
    )
    .fetch_optional(raw)
    .await?;
    let Some((kind, engine, row_format, options)) = row else {
        return Ok(Vec::new());
    };
    let mut refusals = Vec::new();
    if kind != "BASE TABLE" {
        return Ok(vec!["it is a view; columns can only be added to a table".to_owned()]);
    }
    let engine = engine.unwrap_or_default();
    if !engine.eq_ignore_ascii_case("InnoDB") {
        refusals.push(format!("its engine is {engine}, which has no transactions; it must be InnoDB"));
    }
    let row_format = row_format.unwrap_or_default();
    if ["Compact", "Redundant"].iter().any(|short| short.eq_ignore_ascii_case(&row_format)) {
        refusals.push(format!(
            "its row format is {row_format}, whose keys of 767 bytes cannot hold an address; \
             run ALTER TABLE `user` ROW_FORMAT=DYNAMIC first"
        ));
    }
    if options.unwrap_or_default().to_ascii_lowercase().contains("partitioned") {
        refusals.push("it is partitioned, and so cannot have a unique key on authId alone".to_owned());
    }
    Ok(refusals)
}

fn of_the_columns(id: Option<&Column>, email: Option<&Column>, keys: &[Key]) -> Vec<String> {
    let mut refusals = Vec::new();
    match id {
        None => refusals.push("it has no column id".to_owned()),
        Some(id) if !holds_a_uuid(id) || id.is_nullable => {
            let kind = &id.full_type;
            refusals
                .push(format!("its column id is {kind}; it must be CHAR(36) or VARCHAR(36), and NOT NULL"));
        }
        Some(_) if !keys.iter().any(|key| key.is_unique && key.is_on("id")) => {
            refusals.push("its column id has no primary or unique key of its own".to_owned());
        }
        Some(_) => {}
    }
    match email {
        None => refusals.push("it has no column email".to_owned()),
        Some(email) if !email.is_text() => {
            refusals.push(format!("its column email is {}; it must be a text", email.full_type));
        }
        Some(_) => {}
    }
    refusals
}

fn of_the_link_column(auth_id: &Column) -> Vec<String> {
    let kind = &auth_id.full_type;
    if !matches!(auth_id.data_type.as_str(), "char" | "varchar") || auth_id.max_length < Some(36) {
        return vec![format!("its column authId is {kind}; it must be CHAR or VARCHAR of 36 or more")];
    }
    if !auth_id.is_nullable || auth_id.is_generated() {
        return vec!["its column authId must be one that is NULL for users without a link".to_owned()];
    }
    Vec::new()
}

fn holds_a_uuid(column: &Column) -> bool {
    matches!(column.data_type.as_str(), "char" | "varchar") && column.max_length == Some(36)
}

async fn of_the_ids(raw: &mut MySqlConnection, id: &Column) -> Result<Option<String>, StorageError> {
    let ignores_case = id.collation.as_deref().is_some_and(columns::ignores_case);
    let text = if ignores_case { "LOWER(CONVERT(id USING utf8mb4))" } else { "CONVERT(id USING utf8mb4)" };
    let is_bad = format!(
        "({text} COLLATE utf8mb4_bin NOT REGEXP {UUID} OR {text} COLLATE utf8mb4_bin IN ({NIL_AND_MAX}))"
    );
    let (count, examples) = rows_that(raw, "id", &is_bad).await?;
    let case = if ignores_case { "" } else { " in lower case" };
    Ok((count > 0).then(|| format!("{count} of its ids are no hyphenated UUIDs{case}, such as {examples}")))
}

async fn of_the_links(raw: &mut MySqlConnection) -> Result<Vec<String>, StorageError> {
    let text = "LOWER(CONVERT(authId USING utf8mb4)) COLLATE utf8mb4_bin";
    let is_bad = format!("(authId IS NOT NULL AND ({text} NOT REGEXP {UUID} OR {text} IN ({NIL_AND_MAX})))");
    let mut refusals = Vec::new();
    let (count, users) = rows_that(raw, "id", &is_bad).await?;
    if count > 0 {
        refusals.push(format!("{count} of its users have an authId that is no UUID, such as {users}"));
    }
    let is_shared = format!(
        "authId IS NOT NULL AND {text} IN (SELECT shared FROM (SELECT {text} AS shared FROM `user` \
         WHERE authId IS NOT NULL GROUP BY shared HAVING COUNT(*) > 1) twins)"
    );
    let (count, users) = rows_that(raw, "id", &is_shared).await?;
    if count > 0 {
        refusals.push(format!("{count} of its users share their authId with another user, such as {users}"));
    }
    Ok(refusals)
}

/// How many rows meet a condition, and what a column of three of them says.
async fn rows_that(
    raw: &mut MySqlConnection,
    column: &str,
    condition: &str,
) -> Result<(i64, String), StorageError> {
    // Safe: both are put together in this file, from literals.
    let count = format!("SELECT CAST(COUNT(*) AS SIGNED) FROM `user` WHERE {condition}");
    let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(count)).fetch_one(&mut *raw).await?;
    if count == 0 {
        return Ok((0, String::new()));
    }
    let some = format!("SELECT CAST({column} AS CHAR) FROM `user` WHERE {condition} ORDER BY id LIMIT 3");
    let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(some)).fetch_all(raw).await?;
    let examples: Vec<String> = rows.into_iter().map(|(example,)| format!("'{example}'")).collect();
    Ok((count, examples.join(", ")))
}
