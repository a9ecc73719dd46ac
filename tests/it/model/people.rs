//! Who there is and whose mailbox is whose. An address can be written by anybody and verified by its owner only.

use crate::support::dice::Dice;
use identity_resolver::domain::email::same;

/// One of three; the last is up to no good.
pub(super) type Person = usize;

const NAMES: [&str; 3] = ["ada", "bob", "mallory"];
/// Who writes what she likes into her identities.
pub(super) const MALLORY: Person = 2;

/// Anybody, and half of the time Mallory.
pub(super) fn somebody(dice: &mut Dice) -> Person {
    dice.below(NAMES.len() + 1).min(MALLORY)
}

/// The mailboxes of a person in one episode. Mallory's own lie where they can be taken for those of the others.
pub(super) fn mailboxes(person: Person, episode: usize) -> Vec<String> {
    let name = NAMES[person];
    let mut own = vec![format!("{name}.x{episode}@b.example"), format!("{name}.y{episode}@bücher.example")];
    if person == MALLORY {
        own.push(format!("a\u{200b}da.x{episode}@b.example"));
        own.push(format!("ａda.y{episode}@bücher.example"));
        own.push(format!("bob\u{ad}.x{episode}@b.example"));
    }
    own
}

/// Whether mail to this address reaches this person.
pub(super) fn owns(person: Person, address: &str, episode: usize) -> bool {
    mailboxes(person, episode).iter().any(|own| same(own) == same(address))
}

/// One of a person's own mailboxes, in a spelling that reaches it.
pub(super) fn own_address(dice: &mut Dice, person: Person, episode: usize) -> String {
    let address = dice.one_of(&mailboxes(person, episode)).clone();
    spelled(dice, &address)
}

/// What a person would write into an identity: Mallory anybody's address, the others their own.
pub(super) fn written_address(dice: &mut Dice, person: Person, episode: usize) -> String {
    let whose = if person == MALLORY { dice.below(NAMES.len()) } else { person };
    own_address(dice, whose, episode)
}

fn spelled(dice: &mut Dice, address: &str) -> String {
    match dice.below(5) {
        0 => address.to_uppercase(),
        1 => format!(" {address}"),
        _ => address.to_owned(),
    }
}
