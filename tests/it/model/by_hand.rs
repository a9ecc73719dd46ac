//! What a person does at the desk: answers a question, links, unlinks. The use cases are called here as the
//! commands call them, without a process for each.

use super::questions::{Cause, Question, Wait};
use super::state::{Change, Model};
use crate::support::dice::Dice;
use crate::support::reviews::REASON;
use crate::support::world::World;
use identity_resolver::app::by_hand::{Desk, NotDone, Pair, Person};
use identity_resolver::config::{Config, Source};
use identity_resolver::domain::email::same;
use identity_resolver::domain::ids::{AuditId, IdentityId, ReviewId, UserId};
use identity_resolver::domain::reason::Reason;
use identity_resolver::{kratos, storage::Pool, telemetry::Metrics};
use std::sync::Arc;
use uuid::Uuid;

/// Who sits there.
pub(super) const ACTOR: &str = "cli:model";

/// A desk on the world's database and double, with the settings of its services.
pub(super) fn desk(world: &World) -> Desk {
    let pairs = [("DATABASE_URL", world.db.url()), ("KRATOS_ADMIN_URL", world.kratos.admin_url())];
    let config = Config::load(&Source::from_pairs(pairs)).expect("settings");
    let metrics = Arc::new(Metrics::try_new().expect("metrics"));
    let pool = Pool::try_new(&config.database, Arc::clone(&metrics)).expect("a pool");
    let kratos = Arc::new(kratos::Client::try_new(&config.kratos, metrics).expect("a client"));
    Desk::new(pool, kratos, config.traits, config.policy)
}

fn person() -> Person {
    let reason = Reason::parse(REASON).expect("a reason");
    Person { actor: ACTOR.to_owned(), audit: AuditId::fresh(), reason }
}

/// What the person hears, in a word.
fn word<T>(outcome: Result<T, NotDone>, done: impl FnOnce(T) -> &'static str) -> String {
    match outcome {
        Ok(it) => done(it).to_owned(),
        Err(NotDone::Closed { .. }) => "closed".to_owned(),
        Err(NotDone::Void(_)) => "void".to_owned(),
        Err(NotDone::NotNow(refusal)) => format!("not now: {}", refusal.code()),
        Err(NotDone::AskAgain(_)) => "ask again".to_owned(),
        Err(NotDone::NoSuchUser) => "no such user".to_owned(),
        Err(NotDone::NoSuchIdentity) => "no such identity".to_owned(),
        Err(NotDone::UserLinked(_)) => "user linked".to_owned(),
        Err(NotDone::IdentityLinked(_)) => "identity linked".to_owned(),
        Err(NotDone::NotLinked) => "not linked".to_owned(),
        Err(error @ (NotDone::NoSuchReview | NotDone::Failed(_))) => panic!("{error}"),
    }
}

fn changed(pair: Pair) -> &'static str {
    if pair.changed { "done" } else { "unchanged" }
}

fn user(id: &str) -> UserId {
    UserId::parse(id).expect("a user id")
}

fn identity(id: Uuid) -> IdentityId {
    IdentityId::parse(&id.to_string()).expect("an identity id")
}

impl Model<'_> {
    /// Whether somebody has a question for the desk; now and then a closed one is looked at again.
    pub(super) fn is_asked(&self, dice: &mut Dice) -> bool {
        self.questions.iter().any(Question::is_open) || (!self.questions.is_empty() && dice.below(8) == 0)
    }

    /// Answers an open question, or one that is closed where none is open; a minute may have passed.
    pub(super) async fn answer(&mut self, dice: &mut Dice) {
        let open: Vec<usize> =
            (0..self.questions.len()).filter(|place| self.questions[*place].is_open()).collect();
        let place = match (open.as_slice(), self.questions.len()) {
            ([], 0) => return,
            ([], count) => dice.below(count),
            (open, _) => *dice.one_of(open),
        };
        if dice.below(3) > 0 {
            self.let_a_minute_pass().await;
        }
        if dice.below(2) == 0 {
            self.spoil(dice, place).await;
        }
        match dice.below(3) {
            0 => self.reject(place).await,
            _ => self.approve(place).await,
        }
    }

    /// Something happens to those it is about before the person comes to it.
    async fn spoil(&mut self, dice: &mut Dice, place: usize) {
        let Question { identity, row, gone, .. } = self.questions[place].clone();
        let known = |id: Uuid| self.accounts.iter().position(|account| account.id == id).expect("known");
        let (account, gone) = (known(identity), gone.map(known));
        let address = self.accounts[account].address.clone();
        match (dice.below(6), gone) {
            (0, _) => self.unverified(account),
            (1, _) => self.toggled(account),
            (2, _) => self.seeded(address.trim(), true).await,
            (3, _) if !self.rows[row].is_deleted => self.set_email(row, None).await,
            (4, Some(gone)) if !self.accounts[gone].exists => self.set_existence(gone, true),
            (5, _) if self.accounts[account].exists => self.set_existence(account, false),
            _ => {}
        }
    }

    async fn let_a_minute_pass(&mut self) {
        println!("a minute passes");
        self.stage.world.db.a_minute_passes().await;
        for question in self.questions.iter_mut().filter(|one| one.wait == Wait::Begun) {
            question.wait = Wait::Over;
        }
    }

    async fn reject(&mut self, place: usize) {
        let question = self.questions[place].clone();
        let expected = if question.is_open() { "done" } else { "closed" };
        println!("reject {question:?}, {expected}");
        let id = ReviewId::parse(&question.id).expect("an id");
        let said = word(self.stage.desk.reject(&person(), id).await, |_| "done");
        assert_eq!(said, expected, "reject {question:?}");
        if said == "done" {
            self.questions[place].state = "rejected";
            self.bar(question.identity, question.row, Cause::Rejected);
        }
        self.count(format!("reject: {said}"));
        self.agree().await;
    }

    async fn approve(&mut self, place: usize) {
        let question = self.questions[place].clone();
        let expected = self.approval(&question);
        println!("approve {question:?}, {expected:?}");
        let id = ReviewId::parse(&question.id).expect("an id");
        let said = word(self.stage.desk.approve(&person(), id).await, |_| "done");
        assert!(expected.is_none_or(|expected| said == expected), "{said}, not {expected:?}: {question:?}");
        self.count(match (said.as_str(), question.gone) {
            ("done", None) => "approve: linked".to_owned(),
            ("done", Some(_)) => "approve: relinked".to_owned(),
            (other, _) => format!("approve: {other}"),
        });
        match said.as_str() {
            "done" => self.approved(place, &question),
            "void" => self.questions[place].state = "superseded",
            "ask again" => self.questions[place].wait = question.wait.max(Wait::Begun),
            _ => {}
        }
        match expected {
            Some(_) => self.agree().await,
            None => self.adopt().await,
        }
    }

    /// A person can say yes for the platform and for a Kratos that has lost somebody, and for nobody's mailbox.
    fn approved(&mut self, place: usize, question: &Question) {
        let (account, row) = (self.account(question.identity).clone(), &self.rows[question.row]);
        assert!(account.exists && account.is_active && account.is_verified(), "{account:?}");
        let is_hers = row.owner(self.episode) == Some(account.person);
        let is_same = same(row.email.as_deref().unwrap_or_default()) == same(&account.address);
        assert!(is_hers && is_same && !row.is_deleted, "{account:?} was given the user of another: {row:?}");
        assert_eq!(row.linked, question.gone, "{question:?}");
        let is_taken = question.gone.is_some_and(|gone| self.account(gone).exists);
        assert!(!is_taken, "a living identity has lost its user: {question:?}");
        self.questions[place].state = "approved";
        self.clear_the_way(question.identity, question.row);
        let event = if question.gone.is_some() { "identity.relinked" } else { "identity.linked" };
        let to = Some(question.identity);
        self.change(question.row, Change { event, identity: to, previous: question.gone, proof: "admin" });
        if let Some(gone) = question.gone {
            self.bar(gone, question.row, Cause::Unlinked);
        }
    }

    /// Links anybody to anything, mostly those whom something keeps apart.
    pub(super) async fn link_by_hand(&mut self, dice: &mut Dice) {
        if self.accounts.is_empty() || self.rows.is_empty() {
            return;
        }
        let (mut account, mut row) = (dice.below(self.accounts.len()), dice.below(self.rows.len()));
        match dice.below(4) {
            0 if !self.bars.is_empty() => {
                let bar = dice.one_of(&self.bars).clone();
                account = self.accounts.iter().position(|one| one.id == bar.identity).expect("an identity");
                row = bar.row;
            }
            1 | 2 => {
                let orphan = self.account_of(dice, |one| one.exists && self.is_orphan(one.id));
                account = orphan.unwrap_or(account);
                let free = self.rows.iter().position(|row| !row.is_deleted && row.linked.is_none());
                row = free.unwrap_or(row);
            }
            _ => {}
        }
        let (account, expected) = (self.accounts[account].clone(), self.link_outcome(account, row));
        println!("link {} and {} by hand, {expected:?}", account.id, self.rows[row].id);
        let (whom, to) = (user(&self.rows[row].id), identity(account.id));
        let said = word(self.stage.desk.link(&person(), whom, to).await, changed);
        assert!(expected.is_none_or(|expected| said == expected), "{said}, not {expected:?}");
        if said == "done" {
            if self.is_orphan(account.id) {
                self.count("link: of one whose user was deleted");
            }
            let bars = self.bars.len();
            self.clear_the_way(account.id, row);
            if self.bars.len() < bars {
                self.count("link: ended a bar");
            }
            let (event, proof) = ("identity.linked", "admin");
            self.change(row, Change { event, identity: Some(account.id), previous: None, proof });
        }
        self.count(format!("link: {said}"));
        self.agree().await;
    }

    fn link_outcome(&self, account: usize, row: usize) -> Option<&'static str> {
        let (account, row) = (&self.accounts[account], &self.rows[row]);
        match (account.exists, row.linked, self.linked_to(account.id)) {
            _ if account.is_flapping => None,
            (false, ..) => Some("no such identity"),
            _ if row.is_deleted => Some("no such user"),
            (true, Some(own), _) if own == account.id => Some("unchanged"),
            (true, Some(_), _) => Some("user linked"),
            (true, None, Some(_)) => Some("identity linked"),
            (true, None, None) => Some("done"),
        }
    }

    /// Ends a link, mostly of a user that has one.
    pub(super) async fn unlink_by_hand(&mut self, dice: &mut Dice) {
        let linked = |place: &usize| self.rows[*place].linked.is_some() && !self.rows[*place].is_deleted;
        let linked: Vec<usize> = (0..self.rows.len()).filter(linked).collect();
        let place = match (linked.as_slice(), self.rows.len()) {
            (_, 0) => return,
            ([], count) => dice.below(count),
            (_, count) if dice.below(6) == 0 => dice.below(count),
            (linked, _) => *dice.one_of(linked),
        };
        let row = &self.rows[place];
        let expected = match (row.is_deleted, row.linked) {
            (true, _) => "no such user",
            (false, None) => "not linked",
            (false, Some(_)) => "done",
        };
        println!("unlink {}, {expected}", row.id);
        let said = word(self.stage.desk.unlink(&person(), user(&row.id)).await, changed);
        assert_eq!(said, expected, "{row:?}");
        if let (false, Some(from)) = (row.is_deleted, row.linked) {
            let (event, proof) = ("identity.unlinked", "admin");
            self.change(place, Change { event, identity: None, previous: Some(from), proof });
            self.supersede(|question| question.identity == from || question.row == place);
            self.bar(from, place, Cause::Unlinked);
        }
        self.count(format!("unlink: {said}"));
        self.agree().await;
    }
}
