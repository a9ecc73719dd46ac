//! The table: for each statement the values it is asked with, and how the server must carry it out. What requests
//! send is in `requests`, what migrations send in `migrations`, what is only for a diagnosis in `doctor`.

use super::crowd::Value;

mod doctor;
mod migrations;
mod requests;

/// What must be true of a statement's plan.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// By these keys and no others, each line over so many rows at most: `table.KEY`, the table by its alias, and
    /// `table.KEY|OTHER` where either leads to the same row.
    Keys(u64, &'static [&'static str]),
    /// By these keys, in their order: the limit ends it, which the server's estimate does not know.
    Page(&'static [&'static str]),
    /// As `Keys`, for a list of ids and what follows it (`@place` is a piece of the source); twice as many rows as ids, and
    /// ten.
    List(&'static str, &'static [&'static str]),
    /// It may read a whole table, because …
    Whole(&'static str),
    /// It has no plan, because …
    Apart(&'static str),
    /// It is asked for with the statement that stands there.
    PartOf(&'static str),
}

/// One statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Where it stands, as `spoken` names it; `place/*` is all that stands there, where none of it has a plan.
    pub(super) at: &'static str,
    /// What is bound.
    pub(super) values: &'static [Value],
    /// What a template is filled with; `@place` is a piece of the source.
    pub(super) filled: &'static [(&'static str, &'static str)],
    pub(super) how: How,
}

impl Row {
    pub(super) const fn new(at: &'static str, values: &'static [Value], how: How) -> Row {
        Row { at, values, filled: &[], how }
    }

    /// Whether it is the row of what stands there.
    pub(super) fn is_of(&self, at: &str) -> bool {
        let is_apart = matches!(self.how, How::Apart(_));
        let whole = self.at.strip_suffix("/*").filter(|_| is_apart);
        self.at == at || whole.is_some_and(|place| at.rsplit_once('/').is_some_and(|(of, _)| of == place))
    }

    const fn filled(self, filled: &'static [(&'static str, &'static str)]) -> Row {
        Row { filled, ..self }
    }
}

/// The whole table.
pub(super) fn rows() -> Vec<Row> {
    let all =
        [requests::USERS, requests::LINKS, requests::REVIEWS, requests::AROUND, migrations::ALL, doctor::ALL];
    all.concat()
}
