//! Which columns the table `user` has, and so what a new row must say. Read once, and again after a statement met
//! a column that is not what it was: the platform may change its table while this program runs.

use std::sync::{Arc, Mutex, PoisonError};

use super::{plan::Plan, user_id};
use crate::{
    domain::{ids::UserId, user_columns::UserColumns},
    storage::{
        Connection, StorageError,
        columns::{self, Column},
    },
};

/// What the settings want of the table, and what the table was last seen to be. Shared by all connections.
#[derive(Debug, Default)]
pub(in crate::storage) struct Layout {
    wanted: UserColumns,
    known: Mutex<Option<Arc<Shape>>>,
}

/// The table as far as it matters here.
#[derive(Debug)]
pub(in crate::storage) struct Shape {
    /// What a SELECT asks for to learn whether the user's own address is verified.
    verified: Verified,
    /// Whether the server finds an id in whatever letter case it is asked for.
    ids_ignore_case: bool,
    pub(super) plan: Plan,
}

#[derive(Debug)]
enum Verified {
    NotAsked,
    As(String),
    Missing(String),
}

/// What is wrong between the settings and the table; all of it at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Each begins with the setting's name; `serve` does not start.
    pub faults: Vec<String>,
    /// Required columns that nothing fills; users cannot be created until something does.
    pub gaps: Vec<Gap>,
    /// What will go wrong some day.
    pub warnings: Vec<String>,
}

/// A required column that nothing fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Its name.
    pub column: String,
    /// Its type, as the server writes it.
    pub kind: String,
    /// No two rows may have the same.
    pub is_unique: bool,
    /// The server takes JSON there only, whatever the type says.
    pub holds_json: bool,
    /// `table.column` that has to have the value already.
    pub refers_to: Option<String>,
}

impl Layout {
    pub(in crate::storage) fn new(wanted: UserColumns) -> Self {
        Self { wanted, known: Mutex::default() }
    }

    fn known(&self) -> Option<Arc<Shape>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, shape: Option<Arc<Shape>>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = shape;
    }

    /// The next one to need it reads it anew.
    pub(super) fn forget(&self) {
        self.learn(None);
    }
}

impl Shape {
    /// The expression that tells of the address, for a SELECT.
    pub(super) fn verified(&self) -> Result<&str, StorageError> {
        match &self.verified {
            Verified::NotAsked => Ok("'not asked'"),
            Verified::As(expression) => Ok(expression),
            // Without it nobody may be linked; refusing all is better than linking the wrong person.
            Verified::Missing(name) => Err(StorageError::Vanished(format!("user.{name}"))),
        }
    }

    /// The id of a row that is to be changed, by a statement that asks for the id in lower case. One that the
    /// platform wrote in another spelling would never be met, and each round would believe it had been overtaken.
    pub(super) fn findable(&self, id: &str) -> Result<UserId, StorageError> {
        let is_findable = self.ids_ignore_case || !id.bytes().any(|byte| byte.is_ascii_uppercase());
        if is_findable {
            user_id(id)
        } else {
            Err(StorageError::Inconsistent { table: "user", column: "id" })
        }
    }
}

/// The table's shape, read where nobody has read it yet.
pub(super) async fn shape(connection: &mut Connection) -> Result<Arc<Shape>, StorageError> {
    if let Some(shape) = connection.layout().known() {
        return Ok(shape);
    }
    let (shape, inspection) = read(connection).await?;
    for fault in inspection.faults {
        tracing::error!(fault, "a setting does not fit the table user");
    }
    Ok(shape)
}

/// Reads the table anew and says how it and the settings go together.
pub async fn inspect(connection: &mut Connection) -> Result<Inspection, StorageError> {
    Ok(read(connection).await?.1)
}

async fn read(connection: &mut Connection) -> Result<(Arc<Shape>, Inspection), StorageError> {
    let columns = columns::list(&mut *connection, "user").await?;
    let keys = columns::list_keys(&mut *connection, "user").await?;
    if columns.is_empty() {
        return Err(StorageError::Vanished("the table user".to_owned()));
    }
    let layout = Arc::clone(connection.layout());
    let mut inspection = Inspection::default();
    let verified = verified(layout.wanted.verified.as_deref(), &columns, &mut inspection);
    let plan = Plan::new(&layout.wanted.rules, &columns, &keys, &mut inspection);
    let collation = columns.iter().find(|column| column.is("id")).and_then(|id| id.collation.as_deref());
    let ids_ignore_case = collation.is_some_and(columns::ignores_case);
    if !inspection.gaps.is_empty() {
        let json = list_json_checks(connection).await?;
        let references = list_references(connection).await?;
        for gap in &mut inspection.gaps {
            let reference = references.iter().find(|(column, _)| column.eq_ignore_ascii_case(&gap.column));
            gap.refers_to = reference.map(|(_, target)| target.clone());
            let check = format!("json_valid(`{}`)", gap.column);
            gap.holds_json =
                gap.kind == "json" || json.iter().any(|clause| clause.eq_ignore_ascii_case(&check));
        }
    }
    let shape = Arc::new(Shape { verified, ids_ignore_case, plan });
    layout.learn(Some(Arc::clone(&shape)));
    Ok((shape, inspection))
}

/// MariaDB's JSON is a LONGTEXT with a check.
async fn list_json_checks(connection: &mut Connection) -> Result<Vec<String>, StorageError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT CAST(check_clause AS CHAR) FROM information_schema.check_constraints
          WHERE constraint_schema = DATABASE() AND check_clause LIKE 'json_valid(%' LIMIT 5000",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(clause,)| clause).collect())
}

/// Columns of foreign keys, each with what it refers to.
async fn list_references(connection: &mut Connection) -> Result<Vec<(String, String)>, StorageError> {
    let rows = sqlx::query_as(
        "SELECT CAST(column_name AS CHAR),
                CAST(CONCAT(referenced_table_name, '.', referenced_column_name) AS CHAR)
           FROM information_schema.key_column_usage
          WHERE table_schema = DATABASE() AND table_name = 'user' AND referenced_table_name IS NOT NULL LIMIT 5000",
    );
    Ok(rows.fetch_all(connection).await?)
}

fn verified(wanted: Option<&str>, columns: &[Column], inspection: &mut Inspection) -> Verified {
    let Some(name) = wanted else {
        return Verified::NotAsked;
    };
    match columns.iter().find(|column| column.is(name)) {
        None => {
            let fault =
                format!("RESOLVER_USER_VERIFIED_COLUMN: the table user has no column of that name ({name})");
            inspection.faults.push(fault);
            Verified::Missing(name.to_owned())
        }
        // The text of a BIT is a control character.
        Some(column) if column.data_type == "bit" => {
            Verified::As(format!("CAST({} + 0 AS CHAR)", column.quoted()))
        }
        Some(column) => Verified::As(format!("CAST({} AS CHAR)", column.quoted())),
    }
}

/// Whether a value of the verified column says that the address is not verified.
pub(super) fn says_unverified(value: Option<&str>) -> bool {
    let Some(text) = value.map(str::trim) else {
        return true;
    };
    // An empty text, every zero, and the zero date of old servers.
    let is_nothing = text.chars().all(|letter| matches!(letter, '0' | '-' | ':' | '.' | ' '));
    is_nothing || text.eq_ignore_ascii_case("n") || text.eq_ignore_ascii_case("false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_every_form_of_no_say_unverified() {
        for no in [None, Some(""), Some("0"), Some("N"), Some("n"), Some("false"), Some("FALSE"), Some(" ")] {
            assert!(says_unverified(no), "{no:?}");
        }
        for no in ["0.00", "0000-00-00 00:00:00"] {
            assert!(says_unverified(Some(no)), "{no}");
        }
        for yes in ["1", "Y", "true", "2026-01-01 00:00:00", "yes", "10", "not asked"] {
            assert!(!says_unverified(Some(yes)), "{yes}");
        }
    }
}
