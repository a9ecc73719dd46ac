//! The reviews and the bars as the model has them, and whether the tables have the same.

use super::people::owner;
use super::state::Model;
use crate::support::service::PATIENCE;
use identity_resolver::domain::email::same;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A row of `review`.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// Empty until the table was read.
    pub(super) id: String,
    pub(super) identity: Uuid,
    /// The place of the row that it would be linked to.
    pub(super) row: usize,
    /// The identity that a link would be moved away from.
    pub(super) gone: Option<Uuid>,
    pub(super) wait: Wait,
    pub(super) state: &'static str,
}

/// How long that identity has been gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wait {
    /// It lives, or nobody has asked.
    Not,
    /// For less than a minute.
    Begun,
    /// For long enough.
    Over,
}

/// A row of `link_bar`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) identity: Uuid,
    pub(super) row: usize,
    pub(super) cause: Cause,
}

/// Why two are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Rejected,
    Unlinked,
}

impl Cause {
    /// As an outcome of a resolve.
    pub(super) fn row(self) -> &'static str {
        match self {
            Cause::Rejected => "h rejected",
            Cause::Unlinked => "h unlinked",
        }
    }

    fn stored(self) -> &'static str {
        match self {
            Cause::Rejected => "rejected",
            Cause::Unlinked => "unlinked",
        }
    }
}

impl Question {
    /// Whether it waits for an answer.
    pub(super) fn is_open(&self) -> bool {
        self.state == "open"
    }
}

/// Identity, user, the identity that is gone, state, and for open ones the wait.
type Told = (String, String, Option<String>, String, Option<Wait>);

#[derive(sqlx::FromRow)]
struct Stored {
    id: String,
    identity_id: String,
    user_id: String,
    gone_identity_id: Option<String>,
    state: String,
    wait: i64,
}

impl Stored {
    fn wait(&self) -> Wait {
        [Wait::Not, Wait::Begun, Wait::Over][usize::try_from(self.wait).expect("0 to 2")]
    }

    fn told(&self) -> Told {
        let wait = (self.state == "open").then(|| self.wait());
        (
            self.identity_id.clone(),
            self.user_id.clone(),
            self.gone_identity_id.clone(),
            self.state.clone(),
            wait,
        )
    }
}

impl Model<'_> {
    /// As the service does when a resolve ends in a question.
    pub(super) fn ask(&mut self, identity: Uuid, row: usize, gone: Option<Uuid>) {
        let wait = if gone.is_some() { Wait::Begun } else { Wait::Not };
        let is_it = |one: &&mut Question| one.is_open() && one.identity == identity && one.row == row;
        if let Some(open) = self.questions.iter_mut().find(is_it).filter(|open| open.gone == gone) {
            open.wait = open.wait.max(wait);
            return;
        }
        self.supersede(|open| open.identity == identity);
        self.questions.push(Question { id: String::new(), identity, row, gone, wait, state: "open" });
    }

    /// Closes the open ones that this says yes to.
    pub(super) fn supersede(&mut self, is_meant: impl Fn(&Question) -> bool) {
        let meant = self.questions.iter_mut().filter(|one| one.is_open() && is_meant(one));
        meant.for_each(|one| one.state = "superseded");
    }

    /// The identity from which a link would be moved away lives: a minute begins with its next 404.
    pub(super) fn restart_waits(&mut self, identity: Uuid) {
        let open = self.questions.iter_mut().filter(|one| one.is_open() && one.identity == identity);
        open.for_each(|one| one.wait = Wait::Not);
    }

    /// Bars a pair, barred or not.
    pub(super) fn bar(&mut self, identity: Uuid, row: usize, cause: Cause) {
        self.bars.retain(|bar| (bar.identity, bar.row) != (identity, row));
        self.bars.push(Bar { identity, row, cause });
    }

    /// Ends what keeps a pair apart, and what barred the identity from rows that are gone.
    pub(super) fn clear_the_way(&mut self, identity: Uuid, row: usize) {
        let rows = &self.rows;
        self.bars.retain(|bar| bar.identity != identity || (bar.row != row && !rows[bar.row].is_deleted));
    }

    async fn stored(&self) -> Vec<Stored> {
        let identities: Vec<String> = self.accounts.iter().map(|account| account.id.to_string()).collect();
        let rows = sqlx::query_as(
            "SELECT id, identity_id, user_id, gone_identity_id, state, CAST(CASE WHEN gone_since IS NULL THEN 0 \
             WHEN gone_since > UTC_TIMESTAMP(6) - INTERVAL 60 SECOND THEN 1 ELSE 2 END AS SIGNED) AS wait \
             FROM review WHERE FIND_IN_SET(identity_id, ?)",
        )
        .bind(identities.join(","));
        let mut rows: Vec<Stored> = rows.fetch_all(self.stage.world.db.pool()).await.expect("reviews");
        rows.sort_by_cached_key(Stored::told);
        rows
    }

    fn told(&self, question: &Question) -> Told {
        let wait = question.is_open().then_some(question.wait);
        let gone = question.gone.map(|gone| gone.to_string());
        let user = self.rows[question.row].id.clone();
        (question.identity.to_string(), user, gone, question.state.to_owned(), wait)
    }

    /// Compares the reviews with the model; what is done after an answer may take its time.
    pub(super) async fn agree(&mut self) {
        let mut own: Vec<(Told, usize)> =
            self.questions.iter().enumerate().map(|(place, one)| (self.told(one), place)).collect();
        own.sort();
        let told: Vec<Told> = own.iter().map(|(told, _)| told.clone()).collect();
        let until = Instant::now() + PATIENCE / 6;
        loop {
            let stored = self.stored().await;
            let found: Vec<Told> = stored.iter().map(Stored::told).collect();
            if found == told {
                for ((_, place), row) in own.iter().zip(stored) {
                    self.questions[*place].id = row.id;
                }
                return;
            }
            assert!(Instant::now() < until, "reviews\n{found:#?}\nthe model has\n{told:#?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Takes the reviews from the table where chance decided, if each went a way that it may go.
    pub(super) async fn adopt(&mut self) {
        let until = Instant::now() + PATIENCE / 6;
        let stored = loop {
            let stored = self.stored().await;
            let is_left = |row: &&Stored| {
                row.state == "open" && self.linked_to(row.identity_id.parse().expect("a UUID")).is_some()
            };
            let Some(left) = stored.iter().find(is_left) else { break stored };
            assert!(Instant::now() < until, "{:?} is open and its identity linked", left.told());
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        for question in self.questions.iter().filter(|one| !one.id.is_empty()) {
            let now = stored.iter().find(|row| row.id == question.id).expect("reviews are never deleted");
            let may_be = question.state == now.state || (question.is_open() && now.state == "superseded");
            assert!(may_be, "{question:?} became {:?}", now.told());
        }
        self.questions = stored.into_iter().map(|row| self.adopted(row)).collect();
    }

    fn adopted(&self, stored: Stored) -> Question {
        let row = self.rows.iter().position(|row| row.id == stored.user_id).expect("a user we know");
        let question = Question {
            identity: stored.identity_id.parse().expect("a UUID"),
            row,
            gone: stored.gone_identity_id.as_ref().map(|gone| gone.parse().expect("a UUID")),
            wait: stored.wait(),
            state: ["open", "approved", "rejected", "superseded"]
                .into_iter()
                .find(|state| *state == stored.state)
                .expect("a state"),
            id: stored.id,
        };
        if self.questions.iter().all(|known| known.id != question.id) {
            let (account, email) = (self.account(question.identity), self.rows[row].email.as_deref());
            let email = email.unwrap_or_default();
            let may_ask = account.is_verified() && same(email) == same(&account.address);
            assert!(may_ask && owner(email, self.episode) == Some(account.person), "{question:?}");
            assert!(matches!(question.state, "open" | "superseded"), "{question:?}");
        }
        question
    }

    /// Compares the bars with the model.
    pub(super) async fn bars_agree(&self) {
        let ours =
            |identity: &String| self.accounts.iter().any(|account| account.id.to_string() == *identity);
        let mut stored = self.stage.world.db.bars().await;
        stored.retain(|(identity, ..)| ours(identity));
        let told = |bar: &Bar| {
            (bar.identity.to_string(), self.rows[bar.row].id.clone(), bar.cause.stored().to_owned())
        };
        let mut told: Vec<_> = self.bars.iter().map(told).collect();
        stored.sort();
        told.sort();
        assert_eq!(stored, told, "bars");
    }
}
