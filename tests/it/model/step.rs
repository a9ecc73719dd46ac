//! One step of a history: something happens in Kratos, on the platform, at the desk, or to the service.

use super::people::{MALLORY, Person, owner, somebody, spelled, written_address};
use super::policy::Expected;
use super::state::{Account, Model};
use crate::support::dice::Dice;
use fake_kratos::{Action, Identity, Rule};
use futures_util::future::join_all;
use identity_resolver::domain::email::same;
use serde_json::{Value, json};

impl Model<'_> {
    /// Anything that can happen.
    pub(super) async fn step(&mut self, dice: &mut Dice) {
        match dice.below(48) {
            0..=3 => self.register(dice),
            4..=7 => self.verify(dice),
            8 => self.change_address(dice),
            9 => self.change_existence(dice),
            10 | 11 => self.register_again(dice),
            12 | 13 => self.arrive(dice),
            14 => self.change_state(dice),
            15 | 16 => self.lose_proof(dice),
            17 => self.flap(dice),
            18 | 19 => self.calm(),
            20..=22 => self.seed_user(dice).await,
            23..=25 => self.edit_user(dice).await,
            26 if dice.below(2) == 0 => self.rush().await,
            27..=34 if self.is_asked(dice) => self.answer(dice).await,
            35 | 36 => self.link_by_hand(dice).await,
            37 => self.unlink_by_hand(dice).await,
            _ => self.resolve(dice).await,
        }
    }

    fn register(&mut self, dice: &mut Dice) {
        let person = somebody(dice);
        let address = self.wanted_address(dice, person);
        self.registered(person, address);
    }

    fn registered(&mut self, person: Person, address: String) -> usize {
        let id = self.stage.world.kratos.seed(Identity::unverified(address.as_str()));
        let entries = vec![(address.clone(), false)];
        println!("{person} registers {id} as {address:?}");
        let (is_active, exists, is_flapping) = (true, true, false);
        self.accounts.push(Account { id, person, address, entries, is_active, exists, is_flapping });
        self.write(self.accounts.len() - 1);
        self.accounts.len() - 1
    }

    /// Somebody's identity is deleted; whoever gets the mail of the user it had begins anew, mostly.
    fn register_again(&mut self, dice: &mut Dice) {
        let has_a_user = |one: &Account| one.exists && self.linked_to(one.id).is_some();
        let Some(place) = self.account_of(dice, has_a_user) else { return };
        let row = self.linked_to(self.accounts[place].id).expect("a row");
        let (email, heir) = (row.email.clone(), row.owner(self.episode));
        self.set_existence(place, false);
        if let (Some(email), Some(heir)) = (email, heir) {
            self.arrived(dice, heir, &email);
        }
    }

    /// Somebody whom the platform knows for long registers at last.
    fn arrive(&mut self, dice: &mut Dice) {
        let (episode, free) = (self.episode, self.living().filter(|row| row.linked.is_none()));
        let named = free.filter_map(|row| row.owner(episode).zip(row.email.clone()));
        let named: Vec<(Person, String)> = named.collect();
        if !named.is_empty() {
            let (person, email) = dice.one_of(&named).clone();
            self.arrived(dice, person, &email);
        }
    }

    fn arrived(&mut self, dice: &mut Dice, person: Person, email: &str) {
        let place = self.registered(person, spelled(dice, email.trim()));
        if dice.below(4) > 0 {
            self.verified(place);
        }
    }

    /// Any that she could write; mostly that of a user who is there, whom she would like to be.
    fn wanted_address(&self, dice: &mut Dice, person: Person) -> String {
        let there = self.living().filter_map(|row| row.email.as_deref());
        let may_write = |email: &&str| person == MALLORY || owner(email, self.episode) == Some(person);
        let there: Vec<&str> = there.filter(may_write).collect();
        if there.is_empty() || dice.below(4) == 0 {
            return written_address(dice, person, self.episode);
        }
        let address = dice.one_of(&there).trim();
        spelled(dice, address)
    }

    /// Only the owner of the mailbox gets the letter.
    fn verify(&mut self, dice: &mut Dice) {
        let episode = self.episode;
        let can = |one: &Account| one.exists && owner(&one.address, episode) == Some(one.person);
        let Some(place) = self.account_of(dice, |one| can(one) && !one.is_verified()) else { return };
        self.verified(place);
    }

    fn verified(&mut self, place: usize) {
        let account = &mut self.accounts[place];
        println!("{} verifies {:?}", account.id, account.address);
        account.entries.push((same(&account.address), true));
        self.write(place);
    }

    /// As when an administrator of Kratos takes a verification back.
    fn lose_proof(&mut self, dice: &mut Dice) {
        if let Some(place) = self.any_account(dice) {
            self.unverified(place);
        }
    }

    pub(super) fn unverified(&mut self, place: usize) {
        let account = &mut self.accounts[place];
        println!("{} is not verified any more", account.id);
        account.entries.iter_mut().for_each(|(_, verified)| *verified = false);
        self.write(place);
    }

    /// The new address begins unverified; what was verified before may stay in the list.
    fn change_address(&mut self, dice: &mut Dice) {
        let Some(place) = self.any_account(dice) else { return };
        let (episode, keeps_the_old) = (self.episode, dice.below(2) == 0);
        let account = &mut self.accounts[place];
        account.address = written_address(dice, account.person, episode);
        account.entries.retain(|_| keeps_the_old);
        let known = account.entries.iter().any(|(value, _)| same(value) == same(&account.address));
        if !known {
            account.entries.push((account.address.clone(), false));
        }
        println!("{} is now {:?}, {:?}", account.id, account.address, account.entries);
        self.write(place);
    }

    /// Deletes it, or brings it back as an import would, under the id it had; mostly one that has a user.
    fn change_existence(&mut self, dice: &mut Dice) {
        let has_a_user = |one: &Account| one.exists && self.linked_to(one.id).is_some();
        let place = if dice.below(3) > 0 { self.account_of(dice, has_a_user) } else { None };
        let Some(place) = place.or_else(|| self.any_account(dice)) else { return };
        self.set_existence(place, !self.accounts[place].exists);
    }

    pub(super) fn set_existence(&mut self, place: usize, exists: bool) {
        let account = &mut self.accounts[place];
        account.exists = exists;
        println!("{} exists: {exists}", account.id);
        if exists {
            self.stage.world.kratos.seed(Identity::unverified(account.address.as_str()).id(account.id));
            self.write(place);
        } else {
            self.stage.world.kratos.remove(account.id);
        }
    }

    fn change_state(&mut self, dice: &mut Dice) {
        if let Some(place) = self.any_account(dice) {
            self.toggled(place);
        }
    }

    pub(super) fn toggled(&mut self, place: usize) {
        self.accounts[place].is_active ^= true;
        println!("{} is active: {}", self.accounts[place].id, self.accounts[place].is_active);
        self.write(place);
    }

    fn flap(&mut self, dice: &mut Dice) {
        let Some(place) = self.any_account(dice) else { return };
        let account = &mut self.accounts[place];
        if account.exists {
            println!("{} flaps", account.id);
            account.is_flapping = true;
            self.stage.world.kratos.fault(Rule::on(account.id, Action::Flap(vec![404, 200])));
        }
    }

    fn calm(&mut self) {
        println!("Kratos is calm");
        self.stage.world.kratos.clear_faults();
        self.accounts.iter_mut().for_each(|account| account.is_flapping = false);
    }

    /// Anybody, but mostly one from whom something new can come.
    async fn resolve(&mut self, dice: &mut Dice) {
        let is_new = |one: &Account| one.exists && one.is_verified() && self.linked_to(one.id).is_none();
        let place = if dice.below(3) > 0 { self.account_of(dice, is_new) } else { None };
        let Some(place) = place.or_else(|| self.any_account(dice)) else { return };
        let expected = self.expected(&self.accounts[place]);
        println!("resolve {}, {expected:?}", self.accounts[place].id);
        let id = self.accounts[place].id;
        let answer = dice.one_of(&self.stage.clients).resolve(id).await;
        self.take(place, &expected, &answer);
        match expected {
            Expected::Any => return self.adopt().await,
            Expected::Asked(row, gone) => self.ask(id, row, gone),
            Expected::Refused(_, "identity_linked_elsewhere", _) => self.restart_waits(id),
            _ => {}
        }
        if !self.questions.is_empty() {
            self.agree().await;
        }
    }

    /// Everybody at once, through both processes: only who gets whose user is foreseen.
    async fn rush(&mut self) {
        println!("rush of {}", self.accounts.len());
        let calls = self.accounts.iter().enumerate().flat_map(|(place, account)| {
            self.stage
                .clients
                .iter()
                .map(move |client| async move { (place, client.resolve(account.id).await) })
        });
        let mut answers = join_all(calls).await;
        // Whoever created is heard first, so that the others speak of a user the model knows.
        answers.sort_by_key(|(_, answer)| !(answer.status == 200 && answer.created()));
        for (place, answer) in answers {
            self.take(place, &Expected::Any, &answer);
        }
        self.adopt().await;
    }

    /// Anybody, but mostly one about whom a question is open, if there is one.
    fn any_account(&self, dice: &mut Dice) -> Option<usize> {
        let is_asked = |one: &Account| {
            self.questions
                .iter()
                .any(|open| open.is_open() && (open.identity == one.id || open.gone == Some(one.id)))
        };
        let asked = if dice.below(2) == 0 { self.account_of(dice, is_asked) } else { None };
        if asked.is_some() {
            return asked;
        }
        (!self.accounts.is_empty()).then(|| dice.below(self.accounts.len()))
    }

    /// One of which this is true.
    pub(super) fn account_of(&self, dice: &mut Dice, is_true: impl Fn(&Account) -> bool) -> Option<usize> {
        let found: Vec<usize> =
            (0..self.accounts.len()).filter(|place| is_true(&self.accounts[*place])).collect();
        (!found.is_empty()).then(|| *dice.one_of(&found))
    }

    /// Writes an account into the double, unless it is deleted there.
    fn write(&self, place: usize) {
        let account = &self.accounts[place];
        let entry = |(value, verified): &(String, bool)| json!({"value": value, "via": "email", "verified": verified});
        let entries: Vec<Value> = account.entries.iter().map(entry).collect();
        self.stage.world.kratos.update(account.id, |json| {
            json["traits"]["email"] = json!(account.address);
            json["verifiable_addresses"] = json!(entries);
            json["state"] = json!(if account.is_active { "active" } else { "inactive" });
        });
    }
}
