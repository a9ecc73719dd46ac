//! Who there is and whose mailbox is whose. An address can be written by anybody and verified by its owner only.

use crate::support::dice::Dice;
use identity_resolver::domain::email::same;

/// One of three; the last is up to no good.
pub(super) type Person = usize;

const NAMES: [&str; 3] = ["ada", "bob", "mallory"];
/// Who writes what she likes into her identities.
pub(super) const MALLORY: Person = 2;

/// So many of a person's mailboxes nobody takes for another's.
const ORDINARY: usize = 4;

/// Anybody, and half of the time Mallory.
pub(super) fn somebody(dice: &mut Dice) -> Person {
    dice.below(NAMES.len() + 1).min(MALLORY)
}

/// The mailboxes of a person in one episode. Mallory's own lie where they can be taken for those of the others.
pub(super) fn mailboxes(person: Person, episode: usize) -> Vec<String> {
    let name = NAMES[person];
    let mut own = ["x", "y", "z"].map(|letter| format!("{name}.{letter}{episode}@b.example")).to_vec();
    own.push(format!("{name}.y{episode}@bücher.example"));
    if person == MALLORY {
        own.push(format!("a\u{200b}da.x{episode}@b.example"));
        own.push(format!("ａda.y{episode}@bücher.example"));
        own.push(format!("bob\u{ad}.x{episode}@b.example"));
    }
    own
}

/// Who gets the mail that is sent to this address.
pub(super) fn owner(address: &str, episode: usize) -> Option<Person> {
    let owns = |person: &Person| mailboxes(*person, episode).iter().any(|own| same(own) == same(address));
    (0..NAMES.len()).find(owns)
}

/// One of a person's own mailboxes, mostly an ordinary one, in a spelling that reaches it.
pub(super) fn own_address(dice: &mut Dice, person: Person, episode: usize) -> String {
    let own = mailboxes(person, episode);
    let some = if dice.below(4) > 0 { &own[..ORDINARY] } else { own.as_slice() };
    let address = dice.one_of(some).clone();
    spelled(dice, &address)
}

/// What a person would write into an identity: Mallory anybody's address, the others their own.
pub(super) fn written_address(dice: &mut Dice, person: Person, episode: usize) -> String {
    let whose = if person == MALLORY { dice.below(NAMES.len()) } else { person };
    own_address(dice, whose, episode)
}

/// The same address, in a spelling that reaches it.
pub(super) fn spelled(dice: &mut Dice, address: &str) -> String {
    match dice.below(5) {
        0 => address.to_uppercase(),
        1 => format!(" {address}"),
        _ => address.to_owned(),
    }
}
