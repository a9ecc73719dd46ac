//! Everything that is not as the migrations left it, named; `standing` only says whether one can serve.

use std::collections::BTreeSet;

use super::{find_least_version, is_adopted, list_vanished_keys};
use crate::storage::{
    Connection, StorageError, columns,
    migrations::{self, MadeTable},
};

/// What an operator is told about the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examination {
    /// So many migrations have not run.
    pub pending: usize,
    /// Migrations ran that this program does not know.
    pub is_newer: bool,
    /// The version that `schema_compat` asks for, where this program is older.
    pub least: Option<i64>,
    /// All migrations ran, but the table `user` did not get all it needs.
    pub is_half_adopted: bool,
    /// Objects of `user` that are gone; `migrate` puts them back.
    pub vanished_of_user: Vec<String>,
    /// Our own tables that are gone, each with its migration.
    pub vanished_tables: Vec<(&'static str, i64)>,
    /// Columns and keys of our own tables that are gone.
    pub vanished: Vec<String>,
    /// Columns of ours with user ids in another collation than `user.id`.
    pub strays: Vec<String>,
}

/// Looks at everything; tables in `unseen` are left out, because the account may not see them.
pub async fn examine(connection: &mut Connection, unseen: &[&str]) -> Result<Examination, StorageError> {
    let applied = match migrations::list_whole(&mut *connection).await {
        Ok(applied) => applied,
        Err(StorageError::Refused { number: 1146, .. }) => BTreeSet::new(),
        Err(error) => return Err(error),
    };
    let known: BTreeSet<i64> = migrations::versions().collect();
    let mut found = Examination {
        pending: known.difference(&applied).count(),
        is_newer: applied.difference(&known).next().is_some(),
        ..Examination::default()
    };
    if found.pending > 0 {
        return Ok(found);
    }
    found.is_half_adopted = match is_adopted(connection).await {
        Ok(is_adopted) => !is_adopted,
        // The table is named with those that are gone.
        Err(error) if error.is_missing_object() => false,
        Err(error) => return Err(error),
    };
    found.least = match find_least_version(connection).await {
        Ok(least) => least.filter(|least| known.last().is_none_or(|newest| least > newest)),
        Err(error) if error.is_missing_object() => None,
        Err(error) => return Err(error),
    };
    if !found.is_half_adopted && !unseen.contains(&"user") {
        find_vanished_of_user(connection, &mut found).await?;
    }
    for table in
        migrations::made_tables().filter(|table| !unseen.contains(&table.name) && table.name != "user")
    {
        find_vanished(connection, &table, &mut found).await?;
    }
    find_strays(connection, &mut found).await?;
    Ok(found)
}

async fn find_vanished_of_user(
    connection: &mut Connection,
    found: &mut Examination,
) -> Result<(), StorageError> {
    let columns = columns::list(&mut *connection, "user").await?;
    if columns.is_empty() {
        found.vanished_of_user.push("the table user".to_owned());
        return Ok(());
    }
    for name in ["id", "email", "authId", "resolver_address"] {
        if !columns.iter().any(|column| column.is(name)) {
            found.vanished_of_user.push(format!("user.{name}"));
        }
    }
    let keys = list_vanished_keys(connection).await?;
    found.vanished_of_user.extend(keys.into_iter().map(str::to_owned));
    Ok(())
}

async fn find_vanished(
    connection: &mut Connection,
    table: &MadeTable,
    found: &mut Examination,
) -> Result<(), StorageError> {
    let columns = columns::list(&mut *connection, table.name).await?;
    if columns.is_empty() {
        found.vanished_tables.push((table.name, table.version));
        return Ok(());
    }
    let lost = table.columns.iter().filter(|name| !columns.iter().any(|column| column.is(name)));
    found.vanished.extend(lost.map(|name| format!("{}.{name}", table.name)));
    let keys = columns::list_keys(&mut *connection, table.name).await?;
    let lost = table.keys.iter().filter(|name| !keys.iter().any(|key| key.name.eq_ignore_ascii_case(name)));
    found.vanished.extend(lost.map(|name| format!("the key {name} of {}", table.name)));
    Ok(())
}

async fn find_strays(connection: &mut Connection, found: &mut Examination) -> Result<(), StorageError> {
    let users = columns::list(&mut *connection, "user").await?;
    let Some(id) = users.into_iter().find(|column| column.is("id")) else {
        return Ok(());
    };
    for table in migrations::made_tables().filter(|table| table.name != "user") {
        for column in columns::list(&mut *connection, table.name).await? {
            if column.name.ends_with("user_id") && column.collation != id.collation {
                found.strays.push(format!("{}.{}", table.name, column.name));
            }
        }
    }
    Ok(())
}
