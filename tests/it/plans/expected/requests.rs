//! What requests, probes and the commands for people send.

use super::How::{Apart, Keys, List, Page, PartOf, Whole};
use super::Row;
use crate::plans::crowd::Value::{
    Address, Attempt, Audit, Count, Email, Identity, Now, Null, Number, Pair, Review, Text, Today, User,
};

/// Rows that one id leads to, at most.
const FEW: u64 = 4;
const INSERT: super::How = Keys(0, &[]);

/// On the table `user`.
pub(super) const USERS: &[Row] = &[
    Row::new("user::find_linked", &[Identity(42)], Keys(1, &["user.user_authId_uq"])),
    // Three forms of one address, as `EmailAddress::keys` gives them.
    Row::new(
        "user::candidates_where",
        &[Address(43), Address(43), Address(45)],
        Keys(6, &["user.user_resolver_address_ix"]),
    )
    .filled(&[("{verified}", "CAST(`email_verified` AS CHAR)"), ("{condition}", "@user::HAS_ADDRESS")]),
    Row::new("user::HAS_ADDRESS", &[], PartOf("user::candidates_where")),
    Row::new("user::find_with_address", &[User(42)], Keys(1, &["user.PRIMARY"])).filled(&[(
        "id = ?",
        "SELECT id, email, authId, CAST(`email_verified` AS CHAR) AS resolver_verified FROM `user` WHERE id = ?",
    )]),
    Row::new("user::insert", &[Text("Łuk")], Keys(0, &[])).filled(&[("{charset}", "latin1")]),
    Row::new("user::refuse_taken_address", &[Email(42)], Keys(1, &["user.email"])),
    Row::new("user::plan::must_differ/1", &[], PartOf("user::plan::must_differ/2")),
    Row::new("user::plan::must_differ/2", &[Text("person-42")], Keys(1, &["user.handle"]))
        .filled(&[("{condition}", "`handle` = ?")]),
    Row::new("user::plan::statement", &[User(200_001), Email(200_001), Identity(200_001), Text("p-200001")], INSERT)
        .filled(&[("{}", "id, email, authId, `handle`"), ("{}", "?, ?, ?, ?")]),
    Row::new("user::link::set_identity", &[Identity(43), User(43)], Keys(1, &["user.PRIMARY"])),
    Row::new("user::link::lock", &[User(42)], Keys(1, &["user.PRIMARY"])),
    // Either key leads to the one row.
    Row::new("user::link::set_other_identity", &[Identity(43), User(42), Identity(42)], Keys(1, &["user.PRIMARY|user_authId_uq"])),
    Row::new("user::link::set_no_identity", &[User(42), Identity(42)], Keys(1, &["user.PRIMARY|user_authId_uq"])),
];

/// On links, their history and what stands beside them.
pub(super) const LINKS: &[Row] = &[
    Row::new("links::LINKED", &[], List(")", &["user.user_authId_uq"])),
    Row::new(
        "links::ORPHANS/1",
        &[],
        List("@links::ORPHANS/2", &["h.link_history_identity_ix", "u.PRIMARY", "a.link_history_identity_ix"]),
    ),
    Row::new("links::ORPHANS/2", &[], PartOf("links::ORPHANS/1")),
    Row::new("links::find_by_user", &[User(42)], Keys(1, &["u.PRIMARY", "l.PRIMARY"])),
    Row::new("user_link::set_linked", &[User(43), Identity(43), Now], INSERT),
    Row::new("user_link::set_unlinked", &[User(43)], INSERT),
    Row::new(
        "link_history::append",
        &[
            Text("user.created"),
            User(43),
            Identity(43),
            Null,
            Text("api"),
            Text("n"),
            Text("verified_address"),
            Audit(43),
            Attempt(200_001),
            Now,
        ],
        INSERT,
    ),
    Row::new(
        "link_history::find_created",
        &[Attempt(42), Text("identity.linked")],
        Keys(1, &["link_history.link_history_attempt_uq"]),
    ),
    Row::new(
        "link_history::find_orphan",
        &[Identity(40)],
        Keys(FEW, &["h.link_history_identity_ix", "u.PRIMARY", "a.link_history_identity_ix"]),
    ),
    Row::new("link_bar::is_barred", &[Identity(40), User(40)], Keys(1, &["link_bar.PRIMARY"])),
    Row::new("link_bar::set", &[Identity(42), User(42), Text("rejected"), Audit(42), Now], INSERT),
    Row::new("link_bar::remove", &[Identity(40), User(40)], Keys(FEW, &["link_bar.PRIMARY", "u.PRIMARY"])),
    Row::new("address_claim::find_holder", &[Address(43)], Keys(1, &["address_claim.PRIMARY"])),
    Row::new("address_claim::insert", &[Address(42), User(42), Now], INSERT),
    Row::new(
        "address_claim::set_holder",
        &[User(41), Now, Address(43), User(43)],
        Keys(1, &["address_claim.PRIMARY"]),
    ),
    Row::new(
        "refusal::append",
        &[Identity(43), Text("identity_inactive"), Today, Audit(43), Count(3)],
        INSERT,
    ),
];

/// On reviews.
pub(super) const REVIEWS: &[Row] = &[
    Row::new(
        "review::insert",
        &[Review(43), Identity(43), User(43), Text("link"), Pair(43), Null, Null, Audit(43), Now],
        INSERT,
    ),
    Row::new("review::find", &[Review(400)], Keys(1, &["review.PRIMARY"])),
    Row::new("review::find_open", &[Pair(400)], Keys(1, &["review.review_open_uq"])),
    Row::new("review::list", &[Text("open"), Review(30_000), Number(51)], Page(&["review.review_state_ix"])),
    Row::new(
        "review::set_closed",
        &[Text("approved"), Now, Text("cli:ada"), Audit(43), Text("seen in person"), Review(400)],
        Keys(1, &["review.PRIMARY|review_state_ix"]),
    ),
    Row::new(
        "review::set_superseded/1",
        &[Identity(400), User(400)],
        Keys(FEW, &["review.review_identity_ix", "review.review_user_ix"]),
    ),
    Row::new(
        "review::set_superseded/2",
        &[Now, Text("api"), Audit(43), Review(400)],
        Keys(1, &["review.PRIMARY|review_state_ix"]),
    ),
    Row::new(
        "review::set_withdrawn",
        &[Now, Text("api"), Audit(43), Identity(400)],
        Keys(FEW, &["review.review_identity_ix"]),
    ),
    Row::new("review::set_gone", &[Now, Review(400)], Keys(1, &["review.PRIMARY|review_state_ix"])),
    Row::new("review::set_not_gone", &[Identity(400)], Keys(FEW, &["review.review_identity_ix"])),
];

/// Sessions, transactions, probes.
pub(super) const AROUND: &[Row] = &[
    Row::new("connect::open/1", &[], Apart("it asks for no row")),
    Row::new("connect::open/2", &[], Apart("it sets the session")),
    Row::new("connect::open/3", &[], Apart("it sets the session")),
    Row::new("pool::connection::start_transaction", &[], Apart("it begins a transaction")),
    Row::new("pool::connection::commit", &[], Apart("it ends a transaction")),
    Row::new("pool::connection::roll_back", &[], Apart("it ends a transaction")),
    Row::new("columns::list", &[], Apart("the server's own dictionary does not grow with the users")),
    Row::new("columns::list_keys", &[], Apart("the server's own dictionary does not grow with the users")),
    Row::new("schema::check_columns", &[], Whole("it asks for no row at all: LIMIT 0")),
    Row::new("schema::is_adopted", &[], Keys(1, &["adoption.adoption_object_uq"])),
    Row::new("schema::find_least_version", &[], Keys(1, &["schema_compat.PRIMARY"])),
];
