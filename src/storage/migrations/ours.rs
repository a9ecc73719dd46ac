//! Which tables this program makes, and whether a table of such a name is really one of them: the platform may have a
//! `review` or a `lease` of its own, which must neither be written into nor dropped.

use sqlx::MySqlConnection;

use super::made_tables;
use crate::storage::StorageError;

/// The comment of every table that the migrations make, part of its CREATE. `user` has none: whose that is, is
/// decided by its adoption.
pub(super) const MARK: &str = "identity-resolver";
const USER: &str = "user";

/// The tables that the migrations make, `user` among them.
pub(in crate::storage) fn our_tables() -> impl Iterator<Item = &'static str> {
    made_tables().map(|table| table.name)
}

/// Tables of somebody else, or views, that bear the name of one of ours.
pub(super) async fn list_strangers(raw: &mut MySqlConnection) -> Result<Vec<String>, StorageError> {
    // Run-time SQL: this runs before the first migration.
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(table_name AS CHAR), CAST(table_comment AS CHAR) FROM information_schema.tables
          WHERE table_schema = DATABASE()",
    )
    .fetch_all(raw)
    .await?;
    let is_stranger = |(name, comment): &(String, String)| {
        let is_one_of_ours = |ours: &str| ours != USER && ours.eq_ignore_ascii_case(name);
        comment != MARK && our_tables().any(is_one_of_ours)
    };
    let mut strangers: Vec<String> = rows.into_iter().filter(is_stranger).map(|(name, _)| name).collect();
    // Not by the server, whose dictionary may sort by bytes.
    strangers.sort_unstable_by_key(|name| name.to_ascii_lowercase());
    Ok(strangers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::migrations::ups;

    #[test]
    fn every_table_but_the_users_bears_the_mark_from_its_creation() {
        let creates =
            ups().map(|migration| migration.sql.as_str()).filter(|sql| sql.contains("CREATE TABLE"));
        let unmarked: Vec<_> =
            creates.filter(|sql| !sql.trim_end().ends_with(&format!("COMMENT='{MARK}'"))).collect();
        assert!(unmarked.len() == 1 && unmarked[0].contains("EXISTS `user`"), "{unmarked:?}");
        assert!(our_tables().count() > 8 && our_tables().any(|table| table == USER));
    }
}
