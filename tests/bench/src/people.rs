//! Who is who: person number n has the user id, the identity and the address number n. Even numbers are linked before
//! anything is timed, odd ones are there to be linked or refused, and those beyond the table are newcomers.

use fake_kratos::Identity;
use uuid::Uuid;

/// The third group of a user's id, and of an identity's.
pub const USER: &str = "7000";
/// As [`USER`].
pub const IDENTITY: &str = "4000";

/// The id of this kind, of the column `n`.
#[must_use]
pub fn id_in_sql(kind: &str) -> String {
    format!("CONCAT(LPAD(LOWER(HEX(n)), 8, '0'), '-0000-{kind}-8000-000000000000')")
}

/// The address, of the column `n`; as people type it.
pub const ADDRESS_IN_SQL: &str = "CONCAT('Person.', n, '@b.example')";

/// As `id_in_sql(IDENTITY)`.
#[must_use]
pub fn identity(number: u32) -> Uuid {
    Uuid::from_u128((u128::from(number) << 96) | (0x4000_u128 << 64) | (0x8000_u128 << 48))
}

/// What Kratos has of a person.
#[must_use]
pub fn in_kratos(number: u32, is_verified: bool) -> Identity {
    let address = format!("person.{number}@b.example");
    let identity = if is_verified { Identity::verified(address) } else { Identity::unverified(address) };
    identity.id(self::identity(number)).name("Per", format!("Son {number}"))
}
