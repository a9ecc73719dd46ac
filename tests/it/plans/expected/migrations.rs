//! What `migrate` sends. Much of it reads the whole table once by its nature: a first adoption looks at every row.

use super::How::{Apart, Keys, Page, PartOf, Whole};
use super::Row;
use crate::plans::crowd::Value::{Identity, Null, Number, Text, User};

const DDL: super::How = Apart("it changes a definition");
const MESSAGE: super::How = Apart("it is a sentence for people, or a text to look for");
const DICTIONARY: super::How = Apart("the server's own dictionary does not grow with the users");
const FEW_ROWS: super::How = Whole("one row per migration");
const FIRST_LOOK: super::How = Whole("a first adoption looks at every row once, before it changes anything");

/// All of it.
pub(super) const ALL: &[Row] = &[
    Row::new("adoption::alter::clause", &[], DDL),
    Row::new("adoption::alter::run", &[], DDL),
    Row::new("adoption::steps::WANTED/1", &[], DDL),
    Row::new("adoption::steps::WANTED/2", &[], DDL),
    Row::new("adoption::steps::WANTED/3", &[], DDL),
    Row::new("adoption::steps::WANTED/4", &[], DDL),
    Row::new("adoption::steps::set_collation", &[], DDL),
    Row::new("adoption::undo::take_back/1", &[], DDL),
    Row::new("adoption::undo::take_back/2", &[], DDL),
    Row::new("migrations::OPEN_TIME", &[], MESSAGE),
    Row::new("migrations::made::made_tables", &[], MESSAGE),
    Row::new("migrations::ours::list_strangers", &[], DICTIONARY),
    Row::new("migrations::table_exists", &[], DICTIONARY),
    Row::new("adoption::checks::of_the_table/1", &[], DICTIONARY),
    Row::new("adoption::checks::of_the_table/2", &[], MESSAGE),
    Row::new("adoption::checks::of_the_links", &[], PartOf("adoption::checks::rows_that/1")),
    Row::new("adoption::checks::rows_that/1", &[], FIRST_LOOK).filled(&[
        ("{condition}", "@adoption::checks::of_the_links"),
        ("{text}", "LOWER(authId)"),
        ("{text}", "LOWER(authId)"),
    ]),
    Row::new("adoption::checks::rows_that/2", &[], FIRST_LOOK)
        .filled(&[("{column}", "id"), ("{condition}", "id NOT REGEXP '^[0-9a-f-]*$'")]),
    Row::new("adoption::links::normalise", &[User(50_000), Number(500)], Page(&["user.PRIMARY"])),
    Row::new("adoption::links::write_down", &[User(50_000), Number(500)], Page(&["u.PRIMARY", "l.PRIMARY"])),
    Row::new("adoption::links::insert_links/1", &[], PartOf("adoption::links::insert_links/2")),
    Row::new("adoption::links::insert_links/2", &[User(43), Identity(43)], Keys(0, &[]))
        .filled(&[("{values}", "@adoption::links::insert_links/1")]),
    Row::new("adoption::links::insert_history/1", &[], PartOf("adoption::links::insert_history/2")),
    Row::new(
        "adoption::links::insert_history/2",
        &[
            Text("identity.linked"),
            User(43),
            Identity(43),
            Text("migrate"),
            Text("adopted"),
            Null,
            Text("a"),
            Text("b"),
        ],
        Keys(0, &[]),
    )
    .filled(&[("{values}", "@adoption::links::insert_history/1")]),
    Row::new(
        "user::link::set_letter_case",
        &[Identity(42), User(42), Identity(42)],
        Keys(1, &["user.PRIMARY|user_authId_uq"]),
    )
    .filled(&[("{kept}", "`updated_at` = `updated_at`, ")]),
    Row::new("adoption::record::append", &[Text("user.x"), Text("column_added"), Null], Keys(0, &[])),
    Row::new(
        "adoption::record::has",
        &[Text("user"), Text("complete")],
        Keys(1, &["adoption.adoption_object_uq"]),
    ),
    Row::new("adoption::record::list_before", &[Number(15_000), Number(500)], Page(&["adoption.PRIMARY"])),
    Row::new("adoption::record::delete", &[Number(77)], Keys(1, &["adoption.PRIMARY"])),
    Row::new(
        "lease::acquire/1",
        &[Text("host"), Number(15_000_000), Text("migrate")],
        Keys(1, &["lease.PRIMARY"]),
    ),
    Row::new("lease::acquire/2", &[Text("other"), Text("host"), Number(15_000_000)], Keys(0, &[])),
    Row::new("lease::renew", &[Number(15_000_000), Text("migrate"), Number(1)], Keys(1, &["lease.PRIMARY"])),
    Row::new("lease::release", &[Text("migrate"), Number(1)], Keys(1, &["lease.PRIMARY"])),
    Row::new("lease::find_holder", &[Text("migrate")], Keys(1, &["lease.PRIMARY"])),
    Row::new("migrations::strike_out", &[Number(1)], FEW_ROWS),
    Row::new("migrations::forget", &[Number(1)], FEW_ROWS),
    Row::new("migrations::list_whole", &[], FEW_ROWS),
];
