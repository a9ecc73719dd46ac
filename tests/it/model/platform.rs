//! What the platform does to its own table, behind the service's back.

use super::people::{own_address, somebody};
use super::state::{Model, Row};
use crate::support::dice::Dice;

/// The platform's own column; a row that says nothing is verified.
pub(super) const VERIFIED: &str = "emailVerified";
/// How it comes into the table.
pub(super) const ADD_VERIFIED: &str =
    "ALTER TABLE `user` ADD COLUMN emailVerified TINYINT(1) NOT NULL DEFAULT 1";

impl Model<'_> {
    /// A user from before, about whose address the platform knows more or less.
    pub(super) async fn seed_user(&mut self, dice: &mut Dice) {
        let person = somebody(dice);
        let twin = if dice.below(6) == 0 { self.any_row(dice) } else { None };
        let twin = twin.and_then(|place| self.rows[place].email.clone());
        let email = twin.unwrap_or_else(|| own_address(dice, person, self.episode));
        self.seeded(&email, dice.below(2) == 0).await;
    }

    pub(super) async fn seeded(&mut self, email: &str, is_verified: bool) {
        let id = self.stage.world.db.seed_user(email).await;
        println!("the platform has {id} as {email:?}, verified: {is_verified}");
        self.rows.push(Row::new(id, email, true));
        if !is_verified {
            self.set_verified(self.rows.len() - 1, false).await;
        }
    }

    /// Whatever an `UPDATE` or `DELETE` of the platform can do.
    pub(super) async fn edit_user(&mut self, dice: &mut Dice) {
        let Some(place) = self.any_row(dice) else { return };
        match dice.below(8) {
            0 => self.set_email(place, None).await,
            1 | 2 => {
                let person = self.rows[place].owner(self.episode).unwrap_or_else(|| somebody(dice));
                let email = own_address(dice, person, self.episode);
                self.set_email(place, Some(email)).await;
            }
            3 | 4 => {
                let person = somebody(dice);
                let email = own_address(dice, person, self.episode);
                if self.rows[place].owner(self.episode).is_some_and(|owner| owner != person) {
                    self.count("edit: to the address of another");
                }
                self.set_email(place, Some(email)).await;
            }
            5 => {
                let is_verified = !self.rows[place].is_verified;
                self.set_verified(place, is_verified).await;
            }
            6 => self.empty_link(place).await,
            _ => self.delete_user(place).await,
        }
    }

    pub(super) async fn set_email(&mut self, place: usize, email: Option<String>) {
        let row = &mut self.rows[place];
        println!("the platform edits {} to {email:?}", row.id);
        let edit = sqlx::query("UPDATE `user` SET email = ? WHERE id = ?").bind(&email).bind(&row.id);
        edit.execute(self.stage.world.db.pool()).await.expect("edited");
        (row.email, row.is_edited) = (email, true);
    }

    async fn set_verified(&mut self, place: usize, is_verified: bool) {
        let row = &mut self.rows[place];
        println!("the platform says of {} verified: {is_verified}", row.id);
        let edit =
            sqlx::query("UPDATE `user` SET emailVerified = ? WHERE id = ?").bind(is_verified).bind(&row.id);
        edit.execute(self.stage.world.db.pool()).await.expect("edited");
        row.is_verified = is_verified;
    }

    /// As a whole-row `REPLACE INTO` of the platform does.
    async fn empty_link(&mut self, place: usize) {
        let row = &mut self.rows[place];
        println!("the platform empties authId of {}", row.id);
        let edit = sqlx::query("UPDATE `user` SET authId = NULL WHERE id = ?").bind(&row.id);
        edit.execute(self.stage.world.db.pool()).await.expect("edited");
        row.linked = None;
    }

    async fn delete_user(&mut self, place: usize) {
        println!("the platform deletes {}", self.rows[place].id);
        self.stage.world.db.delete_user(&self.rows[place].id).await;
        self.rows[place].is_deleted = true;
    }

    /// One that is not deleted; mostly one about which a question is open, if there is one.
    pub(super) fn any_row(&self, dice: &mut Dice) -> Option<usize> {
        let asked = self.questions.iter().filter(|one| one.is_open()).map(|one| one.row);
        let asked: Vec<usize> = asked.filter(|place| !self.rows[*place].is_deleted).collect();
        if !asked.is_empty() && dice.below(2) == 0 {
            return Some(*dice.one_of(&asked));
        }
        let living: Vec<usize> = (0..self.rows.len()).filter(|place| !self.rows[*place].is_deleted).collect();
        (!living.is_empty()).then(|| *dice.one_of(&living))
    }
}
