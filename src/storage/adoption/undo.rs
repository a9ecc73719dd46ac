//! Takes back what `adoption` records, newest first, and a record only after its object: a `down` that was cut is
//! simply run again.

use sqlx::{Connection as _, MySqlConnection};

use super::{
    AdoptionError, USER,
    alter::{self, Manner},
    check, exists, links,
    record::{self, Entry, What},
    steps,
};
use crate::storage::{StorageError, columns, lease::Held, migrations::our_tables, user};

const BATCH: u32 = 500;

/// Gives the table back as it was found, but for what was written into it since.
pub(in crate::storage) async fn down(raw: &mut MySqlConnection, lease: &Held) -> Result<(), AdoptionError> {
    if !exists(raw).await? {
        return Ok(());
    }
    let kept = links::columns_that_follow_updates(raw).await?;
    let mut before = u64::MAX;
    loop {
        let entries = record::list_before(raw, before, BATCH).await?;
        let Some(last) = entries.last() else { return Ok(()) };
        before = last.position;
        let (values, objects): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.what == What::ValueChanged);
        // Of one batch the values come first: nothing was changed in a column after it was added, only in one
        // that was there, so their order among the objects does not matter.
        restore_values(raw, lease, &values, &kept).await?;
        for entry in objects {
            check(lease)?;
            take_back(raw, &entry).await?;
            // Who made the table is told to the last: the row goes with the table `adoption` itself.
            if !matches!(entry.what, What::TableCreated | What::TableFound) {
                record::delete(raw, entry.position).await?;
            }
        }
    }
}

async fn restore_values(
    raw: &mut MySqlConnection,
    lease: &Held,
    values: &[Entry],
    kept: &[String],
) -> Result<(), AdoptionError> {
    if values.is_empty() {
        return Ok(());
    }
    let mut tx = raw.begin().await?;
    links::fence(&mut tx, lease).await?;
    for entry in values {
        if let (Some(id), Some(old)) = (entry.object.strip_prefix(links::VALUE_OF), &entry.old_value) {
            // A link that was changed since is not the one that was found.
            user::set_letter_case(&mut tx, id, (&old.to_ascii_lowercase(), old), kept).await?;
        }
        record::delete(&mut tx, entry.position).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn take_back(raw: &mut MySqlConnection, entry: &Entry) -> Result<(), StorageError> {
    let (table, name) = entry.object.split_once('.').unwrap_or((USER, ""));
    match entry.what {
        What::ColumnAdded => {
            if columns::list(&mut *raw, USER).await?.iter().any(|column| column.is(name)) {
                let change = format!("DROP COLUMN {}", columns::quoted(name));
                alter::run(raw, "`user`", &change, Manner::Any).await?;
            }
        }
        What::KeyAdded => {
            let keys = columns::list_keys(&mut *raw, USER).await?;
            if keys.iter().any(|key| key.name.eq_ignore_ascii_case(name)) {
                let change = format!("DROP KEY {}", columns::quoted(name));
                alter::run(raw, "`user`", &change, Manner::InPlace).await?;
            }
        }
        What::ColumnModified if our_tables().any(|ours| ours == table) => {
            let columns = columns::list(&mut *raw, table).await?;
            if let Some(column) = columns.iter().find(|column| column.is(name)) {
                steps::set_collation(raw, table, column, entry.old_value.as_deref()).await?;
            }
        }
        What::ColumnModified
        | What::ValueChanged
        | What::TableCreated
        | What::TableFound
        | What::Complete => {}
    }
    Ok(())
}
