//! The grants of the account, as far as `migrate` needs them. A line may hold a password's hash: none ever leaves
//! this file.

use std::collections::BTreeSet;

use sqlx::Row;

use crate::storage::{Connection, StorageError};

/// What `migrate` does to tables: ours, `user`, and those of later versions.
const WANTED: [&str; 8] = ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "INDEX", "DROP"];

/// The rights on the whole database that `migrate up` and `down` need and the account lacks, its active roles
/// counted in.
pub async fn list_missing_for_migrate(
    connection: &mut Connection,
) -> Result<Vec<&'static str>, StorageError> {
    let (database,): (String,) =
        sqlx::query_as("SELECT CAST(DATABASE() AS CHAR)").fetch_one(&mut *connection).await?;
    // Without a name it counts the active roles in, on both servers.
    let rows = sqlx::query("SHOW GRANTS").fetch_all(connection).await?;
    let lines = rows.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
    Ok(missing(&lines, &database))
}

fn missing(lines: &[String], database: &str) -> Vec<&'static str> {
    let mut held = BTreeSet::new();
    for line in lines {
        let (is_grant, rest) = match line.split_once(' ') {
            Some(("GRANT", rest)) => (true, rest),
            Some(("REVOKE", rest)) => (false, rest),
            _ => continue,
        };
        let Some((rights, target)) = rest.split_once(" ON ") else { continue };
        let is_everything = rights.trim() == "ALL PRIVILEGES" || rights.trim() == "ALL";
        // A right on some columns, `SELECT (a)`, stands on a table and so never covers the database.
        let rights: Vec<&str> = rights.split(',').map(str::trim).collect();
        let of_line = WANTED.into_iter().filter(|wanted| is_everything || rights.contains(wanted));
        if covers(target, database) {
            for right in of_line {
                if is_grant {
                    held.insert(right)
                } else {
                    held.remove(right)
                };
            }
        }
    }
    WANTED.into_iter().filter(|wanted| !held.contains(wanted)).collect()
}

/// Whether `*.*` or `` `pattern`.* `` names the whole database.
fn covers(target: &str, database: &str) -> bool {
    let target = target.trim_start();
    if target.starts_with("*.*") {
        return true;
    }
    let Some(rest) = target.strip_prefix('`') else { return false };
    // A backtick inside a name is doubled.
    let mut name = String::new();
    let mut signs = rest.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '`' if signs.peek() == Some(&'`') => {
                signs.next();
                name.push('`');
            }
            '`' => return signs.collect::<String>().starts_with(".*") && is_like(&name, database),
            other => name.push(other),
        }
    }
    false
}

/// SQL's LIKE with `\` as its escape, and without letter case, as the servers on most systems have it.
fn is_like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let text: Vec<char> = text.to_lowercase().chars().collect();
    like(&pattern, &text)
}

fn like(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], rest) => rest.is_empty(),
        (['%', pattern @ ..], rest) => {
            (0..=rest.len()).any(|skip| like(pattern, rest.get(skip..).unwrap_or_default()))
        }
        (['_', pattern @ ..], [_, rest @ ..]) => like(pattern, rest),
        (['\\', wanted, pattern @ ..] | [wanted, pattern @ ..], [sign, rest @ ..]) => {
            wanted == sign && like(pattern, rest)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> String {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        missing(&lines, "plat_form").join(",")
    }

    #[test]
    fn rights_on_everything_and_on_the_database_by_name_or_pattern_count() {
        for all in [
            "GRANT ALL PRIVILEGES ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*0' WITH GRANT OPTION",
            "GRANT ALL PRIVILEGES ON `plat_form`.* TO `a`@`%`",
            "GRANT ALL PRIVILEGES ON `plat\\_form`.* TO `a`@`%`",
            "GRANT ALL PRIVILEGES ON `plat%`.* TO `a`@`%`",
            "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, CREATE VIEW ON *.* TO `a`@`%`",
        ] {
            assert_eq!(of(&["GRANT USAGE ON *.* TO `a`@`%`", all]), "", "{all}");
        }
    }

    #[test]
    fn rights_on_another_database_on_a_table_or_on_columns_do_not() {
        let all = WANTED.join(",");
        for none in [
            "GRANT ALL PRIVILEGES ON `platform`.* TO `a`@`%`",
            "GRANT ALL PRIVILEGES ON `plat_form`.`user` TO `a`@`%`",
            "GRANT SELECT (`id`, `email`), UPDATE (`authId`) ON `plat_form`.`user` TO `a`@`%`",
            "GRANT `some_role`@`%` TO `a`@`%`",
            "GRANT CREATE VIEW, ALTER ROUTINE ON `plat_form`.* TO `a`@`%`",
        ] {
            assert_eq!(of(&[none]), all, "{none}");
        }
    }

    #[test]
    fn what_is_revoked_from_the_database_is_missing() {
        let lines =
            ["GRANT ALL PRIVILEGES ON *.* TO `a`@`%`", "REVOKE ALTER, DROP ON `plat_form`.* FROM `a`@`%`"];
        assert_eq!(of(&lines), "ALTER,DROP");
    }
}
