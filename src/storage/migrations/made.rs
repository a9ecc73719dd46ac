//! What the migrations' own CREATE statements make, read from their text: it is the one place that says so.

use super::ups;

/// A table as its migration makes it.
#[derive(Debug)]
pub(in crate::storage) struct MadeTable {
    pub(in crate::storage) name: &'static str,
    /// Of its migration.
    pub(in crate::storage) version: i64,
    pub(in crate::storage) columns: Vec<&'static str>,
    /// The primary one is called `PRIMARY`.
    pub(in crate::storage) keys: Vec<&'static str>,
}

/// Every table that a migration makes, `user` among them.
pub(in crate::storage) fn made_tables() -> impl Iterator<Item = MadeTable> {
    ups().filter_map(|migration| {
        let (_, rest) = migration.sql.as_str().split_once("CREATE TABLE IF NOT EXISTS ")?;
        let name = rest.split([' ', '(', '\n']).next()?.trim_matches('`');
        let mut table = MadeTable { name, version: migration.version, columns: Vec::new(), keys: Vec::new() };
        // One column or key a line, four blanks before it; a line that goes on has more.
        for line in rest.lines().filter_map(|line| line.strip_prefix("    ")) {
            let mut words = line.split(' ');
            match (words.next(), words.next(), words.next()) {
                (Some("") | None, ..) => {}
                (Some("PRIMARY"), ..) => table.keys.push("PRIMARY"),
                (Some("UNIQUE"), Some("KEY"), Some(key)) | (Some("KEY"), Some(key), _) => {
                    table.keys.push(key);
                }
                (Some(column), ..) => table.columns.push(column),
            }
        }
        Some(table)
    })
}

/// For a person at a client of the database: lets `migrate` make a table anew.
#[must_use]
pub fn repeat_statement(version: i64) -> String {
    format!("DELETE FROM resolver_migration WHERE version = {version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_keys_are_read_from_the_statements() {
        let made: Vec<MadeTable> = made_tables().collect();
        assert!(
            made.len() >= 10 && made.iter().all(|table| table.keys.first() == Some(&"PRIMARY")),
            "{made:?}"
        );
        let user = made.iter().find(|table| table.name == "user").unwrap();
        let columns = ["id", "email", "firstName", "lastName", "createdAt", "authId", "resolver_address"];
        assert_eq!(user.columns, columns);
        assert_eq!(user.keys, ["PRIMARY", "user_authId_uq", "user_resolver_address_ix"]);
    }
}
