//! What the tests ask of the tables, past the service: users, links, history, refusals, checksums.

use super::database::TestDb;
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A row of `user`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct UserRow {
    /// Its primary key.
    pub(crate) id: String,
    /// The address as it is stored.
    pub(crate) email: Option<String>,
    /// The first name.
    #[sqlx(rename = "firstName")]
    pub(crate) first_name: Option<String>,
    /// The last name.
    #[sqlx(rename = "lastName")]
    pub(crate) last_name: Option<String>,
    /// The identity it is linked to.
    #[sqlx(rename = "authId")]
    pub(crate) auth_id: Option<String>,
}

/// A row of `link_history`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct HistoryRow {
    /// What happened.
    pub(crate) event: String,
    /// To whom.
    pub(crate) user_id: String,
    /// With which identity.
    pub(crate) identity_id: Option<String>,
    /// The identity before.
    pub(crate) previous_identity_id: Option<String>,
    /// By whom.
    pub(crate) actor: String,
    /// Why.
    pub(crate) why: String,
    /// On what proof.
    pub(crate) proof: Option<String>,
    /// In which call.
    pub(crate) audit_id: String,
    /// In which attempt of it.
    pub(crate) attempt_id: String,
}

/// A row of `refusal`, all days together.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct RefusalRow {
    /// Who was refused.
    pub(crate) identity_id: String,
    /// With which code.
    pub(crate) code: String,
    /// The call that met it first.
    pub(crate) first_audit_id: String,
    /// How often.
    pub(crate) count: i64,
}

impl TestDb {
    /// Inserts a user as the platform would, unlinked.
    pub(crate) async fn seed_user(&self, email: &str) -> String {
        let id = Uuid::now_v7().to_string();
        sqlx::query("INSERT INTO `user` (id, email, firstName, lastName) VALUES (?, ?, 'Le', 'Gacy')")
            .bind(&id)
            .bind(email)
            .execute(self.pool())
            .await
            .expect("a legacy user");
        id
    }

    /// Deletes a user as the platform would.
    pub(crate) async fn delete_user(&self, id: &str) {
        let done = sqlx::query("DELETE FROM `user` WHERE id = ?").bind(id).execute(self.pool()).await;
        assert_eq!(done.expect("deleted").rows_affected(), 1);
    }

    /// All users in the order of their ids.
    pub(crate) async fn users(&self) -> Vec<UserRow> {
        sqlx::query_as("SELECT id, email, firstName, lastName, authId FROM `user` ORDER BY id")
            .fetch_all(self.pool())
            .await
            .expect("users")
    }

    /// The user linked to an identity, by `authId`.
    pub(crate) async fn user_of(&self, identity: Uuid) -> Option<UserRow> {
        let wanted = identity.to_string();
        self.users().await.into_iter().find(|user| user.auth_id.as_deref() == Some(&wanted))
    }

    /// All of `user_link`: user, identity, state.
    pub(crate) async fn links(&self) -> Vec<(String, Option<String>, String)> {
        sqlx::query_as("SELECT user_id, identity_id, state FROM user_link ORDER BY user_id")
            .fetch_all(self.pool())
            .await
            .expect("links")
    }

    /// The whole history, oldest first.
    pub(crate) async fn history(&self) -> Vec<HistoryRow> {
        sqlx::query_as(
            "SELECT event, user_id, identity_id, previous_identity_id, actor, why, proof, audit_id, attempt_id \
             FROM link_history ORDER BY id",
        )
        .fetch_all(self.pool())
        .await
        .expect("history")
    }

    /// The history of one identity, oldest first.
    pub(crate) async fn history_of(&self, identity: Uuid) -> Vec<HistoryRow> {
        let wanted = identity.to_string();
        let all = self.history().await;
        all.into_iter().filter(|row| row.identity_id.as_deref() == Some(&wanted)).collect()
    }

    /// All claims: address and user.
    pub(crate) async fn claims(&self) -> Vec<(String, String)> {
        sqlx::query_as("SELECT address, user_id FROM address_claim ORDER BY address")
            .fetch_all(self.pool())
            .await
            .expect("claims")
    }

    /// All refusals.
    pub(crate) async fn refusals(&self) -> Vec<RefusalRow> {
        sqlx::query_as(
            "SELECT identity_id, code, MIN(first_audit_id) AS first_audit_id, CAST(SUM(count) AS SIGNED) AS count \
             FROM refusal GROUP BY identity_id, code ORDER BY identity_id, code",
        )
        .fetch_all(self.pool())
        .await
        .expect("refusals")
    }

    /// The names of all tables.
    pub(crate) async fn tables(&self) -> Vec<String> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
             WHERE table_schema = DATABASE() ORDER BY table_name",
        )
        .fetch_all(self.pool())
        .await
        .expect("tables");
        rows.into_iter().map(|(name,)| name).collect()
    }

    /// One checksum per table: equal before and after means that nothing was written.
    pub(crate) async fn checksums(&self) -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::new();
        for table in self.tables().await {
            let statement = format!("CHECKSUM TABLE `{table}` EXTENDED");
            let row =
                sqlx::raw_sql(AssertSqlSafe(statement)).fetch_one(self.pool()).await.expect("a checksum");
            sums.insert(table, row.try_get::<i64, _>(1).unwrap_or_default());
        }
        sums
    }
}
