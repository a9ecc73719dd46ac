//! Statements over a list of ids: a literal for each power of two, so that the server and the driver meet ten
//! statements and not one per length. A shorter list is padded by its last id.

use crate::domain::ids::IdentityId;

/// The longest list of one statement.
pub(super) const MOST: usize = 512;

/// One literal per power of two up to [`MOST`]: the head, that many marks, the tail.
macro_rules! by_id_list {
    ($head:literal, $tail:literal) => {
        [
            concat!($head, marks!(1), $tail),
            concat!($head, marks!(2), $tail),
            concat!($head, marks!(4), $tail),
            concat!($head, marks!(8), $tail),
            concat!($head, marks!(16), $tail),
            concat!($head, marks!(32), $tail),
            concat!($head, marks!(64), $tail),
            concat!($head, marks!(128), $tail),
            concat!($head, marks!(256), $tail),
            concat!($head, marks!(512), $tail),
        ]
    };
}

macro_rules! marks {
    (1) => {
        "?"
    };
    (2) => {
        "?,?"
    };
    (4) => {
        "?,?,?,?"
    };
    (8) => {
        concat!(marks!(4), ",", marks!(4))
    };
    (16) => {
        concat!(marks!(8), ",", marks!(8))
    };
    (32) => {
        concat!(marks!(16), ",", marks!(16))
    };
    (64) => {
        concat!(marks!(32), ",", marks!(32))
    };
    (128) => {
        concat!(marks!(64), ",", marks!(64))
    };
    (256) => {
        concat!(marks!(128), ",", marks!(128))
    };
    (512) => {
        concat!(marks!(256), ",", marks!(256))
    };
}

pub(super) use {by_id_list, marks};

/// The statement for this many ids; the longest one for more than [`MOST`].
pub(super) fn fitting(statements: &[&'static str; 10], ids: &[IdentityId]) -> &'static str {
    let [.., longest] = statements;
    let power = ids.len().next_power_of_two().trailing_zeros() as usize;
    statements.get(power).unwrap_or(longest)
}

/// As many ids as the fitting statement has marks.
pub(super) fn padded(ids: &[IdentityId]) -> impl Iterator<Item = IdentityId> + '_ {
    let missing = ids.len().next_power_of_two() - ids.len();
    ids.iter().copied().chain(ids.last().copied().into_iter().cycle().take(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATEMENTS: [&str; 10] = by_id_list!("(", ")");

    #[test]
    fn every_length_meets_a_statement_with_as_many_marks_as_ids() {
        for length in 1..=MOST {
            let ids: Vec<IdentityId> = (0..length).map(|_| IdentityId::fresh()).collect();
            let marks = fitting(&STATEMENTS, &ids).matches('?').count();
            let bound: Vec<IdentityId> = padded(&ids).collect();
            assert_eq!((bound.len(), &bound[..length]), (marks, &ids[..]), "{length}");
            assert!(bound[length..].iter().all(|id| Some(id) == ids.last()), "{length}");
            assert!(marks < 2 * length, "{length}: {marks}");
        }
    }
}
