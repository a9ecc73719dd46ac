//! The users' addresses, all of them, page by page: those that no look-up finds, and those that several share.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

use super::{Finding, Report};
use crate::{
    domain::{
        email::{EmailAddress, confusable, is_found},
        ids::UserId,
    },
    storage::{
        Pool, StorageError,
        user::{self, Listed},
    },
};

const CHECK: &str = "addresses";
const PAGE: u32 = 1000;
const EXAMPLES: usize = 3;
/// The walk ends here, wherever it is.
const PATIENCE: Duration = Duration::from_mins(3);
/// Of so many users the addresses are compared with each other, in 32 MB.
const COMPARED: usize = 4_000_000;

/// What was seen so far; nothing of an address stays.
#[derive(Debug, Default)]
struct Tally {
    users: u64,
    odd: u64,
    examples: Vec<UserId>,
    hashes: Vec<u64>,
}

pub(super) async fn check(pool: &Pool, report: &mut Report<'_>) -> Result<(), StorageError> {
    let begun = Instant::now();
    let (mut tally, mut after, mut is_whole) = (Tally::default(), String::new(), false);
    while begun.elapsed() < PATIENCE {
        let page = user::list_addresses(&mut pool.acquire().await?, &after, PAGE).await?;
        let Some(last) = page.last() else {
            is_whole = true;
            break;
        };
        after.clone_from(&last.id);
        for listed in &page {
            tally.take(listed);
        }
        report.progress(tally.users);
    }
    for finding in tally.findings(is_whole) {
        report.add(finding);
    }
    Ok(())
}

impl Tally {
    fn take(&mut self, listed: &Listed) {
        self.users += 1;
        let Some(stored) = &listed.stored else { return };
        let key = confusable(stored);
        if !is_found(stored, listed.indexed.as_deref().unwrap_or_default()) {
            self.odd += 1;
            if self.examples.len() < EXAMPLES {
                self.examples.extend(UserId::parse(&listed.id));
            }
        }
        if self.hashes.len() < COMPARED && EmailAddress::parse(&key).is_ok() {
            let mut hasher = DefaultHasher::new();
            key.hash(&mut hasher);
            self.hashes.push(hasher.finish());
        }
    }

    /// Users who share their address with another one.
    fn sharing(&mut self) -> usize {
        self.hashes.sort_unstable();
        self.hashes.chunk_by(|one, other| one == other).map(<[u64]>::len).filter(|count| *count > 1).sum()
    }

    fn findings(mut self, is_whole: bool) -> Vec<Finding> {
        let (users, odd, sharing) = (self.users, self.odd, self.sharing());
        let mut told = Vec::new();
        if !is_whole {
            told.push(
                Finding::warning(CHECK, format!("only {users} users could be looked at in three minutes"))
                    .because("What is said of addresses is about these.")
                    .fix("Run the doctor at a quieter time, or nearer to the database."),
            );
        }
        if odd > 0 {
            let examples: Vec<String> = self.examples.iter().map(ToString::to_string).collect();
            let found = format!(
                "{odd} of {users} users have an odd address that no look-up finds, such as {}",
                examples.join(", ")
            );
            told.push(
                Finding::warning(CHECK, found)
                    .because("Such a person gets a second user when first seen, and never a wrong one.")
                    .fix(
                        "Let the platform store the address in its plain form (no invisible characters, no other forms \
                         of letters, no dot at its end), or link the person by hand:",
                    )
                    .paste(format!(
                        "identity-resolver link {} IDENTITY_ID --reason 'the stored address is odd'",
                        examples.first().map_or("USER_ID", String::as_str)
                    )),
            );
        }
        if sharing > 0 {
            told.push(
                Finding::warning(
                    CHECK,
                    format!("{sharing} of {users} users share their address with another user"),
                )
                .because(
                    "Whoever has such an address is answered 409 identity_email_ambiguous, and not linked.",
                )
                .fix("Let the platform merge them, or link by hand. Most of them are found by:")
                .paste(user::LIST_SHARED_ADDRESSES),
            );
        }
        if told.is_empty() {
            told.push(Finding::ok(
                CHECK,
                format!("the addresses of {users} users are found, and none is shared"),
            ));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_that_was_cut_says_so() {
        let told = Tally { users: 7, ..Tally::default() }.findings(false);
        assert!(told.len() == 1 && told[0].found.starts_with("only 7 users"), "{told:?}");
    }

    #[test]
    fn confusable_addresses_are_shared_ones() {
        let mut tally = Tally::default();
        for stored in
            ["Ada@b.example", "ada@b.example", "a\u{200b}da@b.example", "bob@b.example", "", "no address"]
        {
            let listed = Listed { id: String::new(), stored: Some(stored.to_owned()), indexed: None };
            tally.take(&listed);
        }
        assert_eq!(tally.sharing(), 3);
    }
}
