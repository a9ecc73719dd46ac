//! What a user has that was made or linked as a whole: row, link, history, and a claim where it was created. Asked of
//! the tables after every run under fire; each answer is a broken rule.

use super::database::TestDb;
use super::rows::{HistoryRow, UserRow};
use std::collections::{BTreeMap, BTreeSet};

impl TestDb {
    /// Everything that does not fit together, in words; nothing where all users are whole.
    pub(crate) async fn broken_users(&self) -> Vec<String> {
        let (users, links) = (self.users().await, self.links().await);
        let (claims, history) = (self.claims().await, self.history().await);
        let mut broken = Vec::new();
        let ids: BTreeSet<&str> = users.iter().map(|user| user.id.as_str()).collect();
        let link_of: BTreeMap<_, _> =
            links.iter().map(|(user, identity, state)| (user.as_str(), (identity, state))).collect();
        let claim_of: BTreeMap<_, _> =
            claims.iter().map(|(address, user)| (user.as_str(), address.as_str())).collect();
        let mut history_of: BTreeMap<&str, Vec<&HistoryRow>> = BTreeMap::new();
        for row in &history {
            history_of.entry(row.user_id.as_str()).or_default().push(row);
        }
        for user in &users {
            let (id, none) = (user.id.as_str(), Vec::new());
            let of_it = history_of.get(id).unwrap_or(&none);
            let link = link_of
                .get(id)
                .and_then(|(identity, state)| identity.as_deref().filter(|_| state.as_str() == "linked"));
            if link != user.auth_id.as_deref() {
                broken.push(format!("user {id}: linked to {:?}, user_link says {link:?}", user.auth_id));
            }
            broken.extend(of_history(user, of_it, claim_of.get(id).copied()));
        }
        let owners = links.iter().map(|(user, ..)| user).chain(claims.iter().map(|(_, user)| user));
        let nobodys = owners.chain(history.iter().map(|row| &row.user_id));
        let nobodys: BTreeSet<_> = nobodys.filter(|id| !ids.contains(id.as_str())).collect();
        broken.extend(nobodys.iter().map(|id| format!("rows of {id}, which is no user")));
        broken.extend(twins(&users));
        broken
    }
}

/// The chain begins with nothing, each step where the one before it ended, and the last at what the row says; a user
/// of ours was created once, with a claim of its address.
fn of_history(user: &UserRow, history: &[&HistoryRow], claim: Option<&str>) -> Vec<String> {
    let mut broken = Vec::new();
    let mut at: Option<&str> = None;
    for row in history {
        if row.previous_identity_id.as_deref() != at {
            broken.push(format!("user {}: the history does not join at {}", user.id, row.event));
        }
        at = row.identity_id.as_deref();
    }
    if at != user.auth_id.as_deref() {
        broken.push(format!("user {}: linked to {:?}, the history ends at {at:?}", user.id, user.auth_id));
    }
    let created = history.iter().filter(|row| row.event == "user.created").count();
    if created > 1 {
        broken.push(format!("user {}: created {created} times", user.id));
    }
    let wanted = user.email.as_deref().filter(|_| created == 1).map(str::to_lowercase);
    if claim != wanted.as_deref() {
        broken.push(format!("user {}: created {created} times and has claim: {}", user.id, claim.is_some()));
    }
    broken
}

/// Two users of one identity in any letter case, or of one address.
fn twins(users: &[UserRow]) -> Vec<String> {
    let (mut identities, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    let mut broken = Vec::new();
    for user in users {
        if user.auth_id.as_ref().is_some_and(|identity| !identities.insert(identity.to_lowercase())) {
            broken.push(format!("user {}: its identity has another one, too", user.id));
        }
        if user.email.as_ref().is_some_and(|address| !addresses.insert(address.to_lowercase())) {
            broken.push(format!("user {}: its address has another one, too", user.id));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use crate::support::world::World;
    use fake_kratos::Identity;

    /// Breaks one thing with a statement in which USER stands for a whole user's id.
    async fn broken_by(statement: &str) -> Vec<String> {
        let world = World::start().await;
        let identity = world.kratos.seed(Identity::verified("a@b.example"));
        let user = world.client().resolve(identity).await.user();
        world.db.seed_user("other@b.example").await;
        assert_eq!(world.db.broken_users().await, Vec::<String>::new());
        world.db.execute(statement.replace("USER", &user)).await;
        world.db.broken_users().await
    }

    #[tokio::test]
    async fn each_part_that_is_missing_or_too_much_is_found() {
        for statement in [
            "DELETE FROM user_link WHERE user_id = 'USER'",
            "UPDATE user_link SET state = 'unlinked' WHERE user_id = 'USER'",
            "DELETE FROM address_claim WHERE user_id = 'USER'",
            "DELETE FROM link_history WHERE user_id = 'USER'",
            "UPDATE link_history SET previous_identity_id = UUID() WHERE user_id = 'USER'",
            "UPDATE `user` SET authId = NULL WHERE id = 'USER'",
            "DELETE FROM `user` WHERE id = 'USER'",
            "UPDATE `user` SET email = 'OTHER@b.example' WHERE id = 'USER'",
            "INSERT INTO link_history SELECT 99, event, user_id, identity_id, identity_id, actor, why, proof, audit_id, \
             UUID(), occurred_at FROM link_history WHERE user_id = 'USER'",
        ] {
            assert!(!broken_by(statement).await.is_empty(), "not found: {statement}");
        }
    }
}
