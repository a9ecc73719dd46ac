//! What `information_schema` says of a table. Identifiers that statements are put together from come from here
//! and from nowhere else.

use sqlx::{Executor, MySql};

use super::StorageError;

/// A column as the server describes it.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    /// Without its length: `varchar`.
    pub(super) data_type: String,
    /// With it: `varchar(255)`.
    pub(super) full_type: String,
    pub(super) max_length: Option<i64>,
    pub(super) is_nullable: bool,
    /// As the server writes it; MariaDB writes `NULL` where NULL is the default.
    pub(super) default: Option<String>,
    extra: String,
    pub(super) charset: Option<String>,
    pub(super) collation: Option<String>,
}

/// A key and its columns in order; a column of which only a part is in the key is left out, and so is an
/// expression.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) is_unique: bool,
    columns: Vec<Option<String>>,
}

impl Column {
    /// Column names have no letter case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub(super) fn is_generated(&self) -> bool {
        let extra = self.extra.to_ascii_uppercase();
        // Not DEFAULT_GENERATED, which is a default that is computed.
        extra.contains("VIRTUAL GENERATED") || extra.contains("STORED GENERATED")
    }

    pub(super) fn is_invisible(&self) -> bool {
        self.extra.to_ascii_uppercase().contains("INVISIBLE")
    }

    pub(super) fn is_numbered(&self) -> bool {
        self.extra.to_ascii_lowercase().contains("auto_increment")
    }

    /// Whether an UPDATE that does not name the column changes it.
    pub(super) fn follows_updates(&self) -> bool {
        self.extra.to_ascii_lowercase().contains("on update")
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(
            self.data_type.as_str(),
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext"
        )
    }

    /// How many characters certainly fit.
    pub(super) fn characters(&self) -> usize {
        // The length of a TEXT is told in bytes.
        let per_character = if self.data_type.ends_with("text") { 4 } else { 1 };
        let length = self.max_length.unwrap_or_default() / per_character;
        usize::try_from(length).unwrap_or(usize::MAX)
    }

    /// For use in a statement.
    pub(super) fn quoted(&self) -> String {
        quoted(&self.name)
    }
}

impl Key {
    /// Whether the key is on this column alone, whole.
    pub(super) fn is_on(&self, column: &str) -> bool {
        matches!(self.columns.as_slice(), [Some(one)] if one.eq_ignore_ascii_case(column))
    }

    /// All its columns; `None` where one of them is not in it whole.
    pub(super) fn whole_columns(&self) -> Option<Vec<&str>> {
        self.columns.iter().map(Option::as_deref).collect()
    }

    /// Whether the key serves a look-up by this column.
    pub(super) fn starts_with(&self, column: &str) -> bool {
        matches!(self.columns.first(), Some(Some(first)) if first.eq_ignore_ascii_case(column))
    }
}

/// Whether texts that differ in letter case are one under this collation.
pub(super) fn ignores_case(collation: &str) -> bool {
    collation.ends_with("_ci")
}

/// Whether no two users can have one identity; the key may have any name.
pub(super) fn keep_links_apart(keys: &[Key]) -> bool {
    keys.iter().any(|key| key.is_unique && key.is_on("authId"))
}

/// Whether candidates are found by a key, whatever its name.
pub(super) fn lead_to_addresses(keys: &[Key]) -> bool {
    keys.iter().any(|key| key.starts_with("resolver_address"))
}

/// An identifier for use in a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

type ColumnRow = (
    String,
    String,
    String,
    Option<i64>,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// The table's columns in order; none where there is no such table.
pub(super) async fn list<'c>(
    executor: impl Executor<'c, Database = MySql>,
    table: &str,
) -> Result<Vec<Column>, StorageError> {
    let rows: Vec<ColumnRow> = sqlx::query_as(
        "SELECT CAST(column_name AS CHAR), LOWER(CAST(data_type AS CHAR)), CAST(column_type AS CHAR),
                CAST(character_maximum_length AS SIGNED), CAST(is_nullable AS CHAR),
                CAST(column_default AS CHAR), CAST(extra AS CHAR), CAST(character_set_name AS CHAR),
                CAST(collation_name AS CHAR)
           FROM information_schema.columns
          WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position LIMIT 5000",
    )
    .bind(table)
    .fetch_all(executor)
    .await?;
    let column = |row: ColumnRow| {
        let (name, data_type, full_type, max_length, is_nullable, default, extra, charset, collation) = row;
        let is_nullable = is_nullable == "YES";
        let extra = extra.unwrap_or_default();
        Column { name, data_type, full_type, max_length, is_nullable, default, extra, charset, collation }
    };
    Ok(rows.into_iter().map(column).collect())
}

/// The table's keys, the primary one among them.
pub(super) async fn list_keys<'c>(
    executor: impl Executor<'c, Database = MySql>,
    table: &str,
) -> Result<Vec<Key>, StorageError> {
    let rows: Vec<(String, i64, Option<String>, Option<i64>)> = sqlx::query_as(
        "SELECT CAST(index_name AS CHAR), CAST(non_unique AS SIGNED), CAST(column_name AS CHAR),
                CAST(sub_part AS SIGNED)
           FROM information_schema.statistics
          WHERE table_schema = DATABASE() AND table_name = ?
          ORDER BY index_name, seq_in_index LIMIT 5000",
    )
    .bind(table)
    .fetch_all(executor)
    .await?;
    let mut keys: Vec<Key> = Vec::new();
    for (name, non_unique, column, part) in rows {
        let column = column.filter(|_| part.is_none());
        match keys.last_mut() {
            Some(key) if key.name == name => key.columns.push(column),
            _ => keys.push(Key { name, is_unique: non_unique == 0, columns: vec![column] }),
        }
    }
    Ok(keys)
}
