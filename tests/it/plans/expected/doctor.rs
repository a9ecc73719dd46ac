//! What `doctor` sends, a person's command that nobody waits for in numbers.

use super::How::{Apart, Page};
use super::Row;
use crate::plans::crowd::Value::{Number, User};

const NAME: super::How = Apart("it is the name of a right");
const MESSAGE: super::How = Apart("it is for a person at a client of the database");
const PROOF: super::How = Apart("it touches no row, which its own test demands: WHERE FALSE or LIMIT 0");
const DICTIONARY: super::How = Apart("the server's own dictionary does not grow with the users");

/// All of it.
pub(super) const ALL: &[Row] = &[
    Row::new("rights::PROOFS/*", &[], PROOF),
    Row::new("rights::try_all/*", &[], NAME),
    Row::new("rights::grants::WANTED/*", &[], NAME),
    Row::new("rights::grants::list_missing_for_migrate/1", &[], Apart("it asks for no row")),
    Row::new("rights::grants::list_missing_for_migrate/2", &[], Apart("it asks for the account's grants")),
    Row::new("server::ask", &[], Apart("it asks for no row")),
    Row::new("migrations::made::repeat_statement", &[], MESSAGE),
    Row::new("user::addresses::LIST_SHARED_ADDRESSES", &[], MESSAGE),
    Row::new("user::addresses::list_addresses", &[User(50_000), Number(500)], Page(&["user.PRIMARY"])),
    Row::new("user::layout::list_json_checks", &[], DICTIONARY),
    Row::new("user::layout::list_references", &[], DICTIONARY),
    Row::new("user::link::prove/*", &[], PROOF),
];
