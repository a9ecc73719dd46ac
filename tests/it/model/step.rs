//! One step of a history: something happens in Kratos, on the platform, or to the service.

use super::people::{own_address, owns, somebody, written_address};
use super::policy::Expected;
use super::state::{Account, Model, Row};
use crate::support::dice::Dice;
use fake_kratos::{Action, Identity, Rule};
use futures_util::future::join_all;
use identity_resolver::domain::email::same;
use serde_json::{Value, json};

impl Model<'_> {
    /// Anything that can happen.
    pub(super) async fn step(&mut self, dice: &mut Dice) {
        match dice.below(24) {
            0..=2 => self.register(dice),
            3..=6 => self.verify(dice),
            7 => self.change_address(dice),
            8 => self.change_existence(dice),
            9 => self.change_state(dice),
            10 => self.flap(dice),
            11 => self.calm(),
            12 | 13 => self.seed_user(dice).await,
            14 => self.edit_user(dice).await,
            15 => self.delete_user(dice).await,
            16 => self.empty_link(dice).await,
            17 => self.rush().await,
            _ => self.resolve(dice).await,
        }
    }

    fn register(&mut self, dice: &mut Dice) {
        let person = somebody(dice);
        let address = written_address(dice, person, self.episode);
        let id = self.world.kratos.seed(Identity::unverified(address.as_str()));
        let entries = vec![(address.clone(), false)];
        println!("{person} registers {id} as {address:?}");
        let (is_active, exists, is_flapping) = (true, true, false);
        self.accounts.push(Account { id, person, address, entries, is_active, exists, is_flapping });
        self.write(self.accounts.len() - 1);
    }

    /// Only the owner of the mailbox gets the letter.
    fn verify(&mut self, dice: &mut Dice) {
        let Some(place) = self.any_account(dice) else { return };
        let (episode, account) = (self.episode, &mut self.accounts[place]);
        if account.exists && owns(account.person, &account.address, episode) {
            println!("{} verifies {:?}", account.id, account.address);
            account.entries.push((same(&account.address), true));
            self.write(place);
        }
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

    fn change_existence(&mut self, dice: &mut Dice) {
        let Some(place) = self.any_account(dice) else { return };
        let account = &mut self.accounts[place];
        println!("{} is deleted", account.id);
        account.exists = false;
        self.world.kratos.remove(account.id);
    }

    fn change_state(&mut self, dice: &mut Dice) {
        let Some(place) = self.any_account(dice) else { return };
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
            self.world.kratos.fault(Rule::on(account.id, Action::Flap(vec![404, 200])));
        }
    }

    fn calm(&mut self) {
        println!("Kratos is calm");
        self.world.kratos.clear_faults();
        self.accounts.iter_mut().for_each(|account| account.is_flapping = false);
    }

    async fn seed_user(&mut self, dice: &mut Dice) {
        let person = somebody(dice);
        let email = own_address(dice, person, self.episode);
        let id = self.world.db.seed_user(&email).await;
        println!("the platform has {id} of {person} as {email:?}");
        self.rows.push(Row::new(id, person, &email));
    }

    async fn edit_user(&mut self, dice: &mut Dice) {
        let Some(place) = self.any_row(dice) else { return };
        let email = own_address(dice, self.rows[place].person, self.episode);
        let email = (dice.below(4) > 0).then_some(email);
        let row = &mut self.rows[place];
        println!("the platform edits {} to {email:?}", row.id);
        let edit = sqlx::query("UPDATE `user` SET email = ? WHERE id = ?").bind(&email).bind(&row.id);
        edit.execute(self.world.db.pool()).await.expect("edited");
        (row.email, row.is_edited) = (email, true);
    }

    async fn delete_user(&mut self, dice: &mut Dice) {
        let Some(place) = self.any_row(dice) else { return };
        println!("the platform deletes {}", self.rows[place].id);
        self.world.db.delete_user(&self.rows[place].id).await;
        self.rows[place].is_deleted = true;
    }

    /// As a whole-row `REPLACE INTO` of the platform does.
    async fn empty_link(&mut self, dice: &mut Dice) {
        let Some(place) = self.any_row(dice) else { return };
        let row = &mut self.rows[place];
        println!("the platform empties authId of {}", row.id);
        let edit = sqlx::query("UPDATE `user` SET authId = NULL WHERE id = ?").bind(&row.id);
        edit.execute(self.world.db.pool()).await.expect("edited");
        row.linked = None;
    }

    async fn resolve(&mut self, dice: &mut Dice) {
        let Some(place) = self.any_account(dice) else { return };
        let expected = self.expected(&self.accounts[place]);
        println!("resolve {}, {expected:?}", self.accounts[place].id);
        let answer = dice.one_of(self.clients).resolve(self.accounts[place].id).await;
        self.take(place, &expected, &answer);
    }

    /// Everybody at once, through both processes: only who gets whose user is foreseen.
    async fn rush(&mut self) {
        println!("rush of {}", self.accounts.len());
        let calls = self.accounts.iter().enumerate().flat_map(|(place, account)| {
            self.clients.iter().map(move |client| async move { (place, client.resolve(account.id).await) })
        });
        let mut answers = join_all(calls).await;
        // Whoever created is heard first, so that the others speak of a user the model knows.
        answers.sort_by_key(|(_, answer)| !(answer.status == 200 && answer.created()));
        for (place, answer) in answers {
            self.take(place, &Expected::Any, &answer);
        }
    }

    fn any_account(&self, dice: &mut Dice) -> Option<usize> {
        (!self.accounts.is_empty()).then(|| dice.below(self.accounts.len()))
    }

    fn any_row(&self, dice: &mut Dice) -> Option<usize> {
        let living: Vec<usize> = (0..self.rows.len()).filter(|place| !self.rows[*place].is_deleted).collect();
        (!living.is_empty()).then(|| *dice.one_of(&living))
    }

    /// Writes an account into the double, unless it is deleted there.
    fn write(&self, place: usize) {
        let account = &self.accounts[place];
        let entry = |(value, verified): &(String, bool)| json!({"value": value, "via": "email", "verified": verified});
        let entries: Vec<Value> = account.entries.iter().map(entry).collect();
        self.world.kratos.update(account.id, |json| {
            json["traits"]["email"] = json!(account.address);
            json["verifiable_addresses"] = json!(entries);
            json["state"] = json!(if account.is_active { "active" } else { "inactive" });
        });
    }
}
