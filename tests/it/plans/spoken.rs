//! Every piece of SQL that the service can send, read from its source: a literal of `src/storage` that holds a word
//! of SQL. Each is named by where it stands, `review::find_open`, with a number behind where a place has several.

use crate::architecture::files;
use crate::architecture::source::Source;
use std::collections::BTreeMap;

/// Whatever has one of these, in capitals as all SQL of this house, is SQL or must be told apart from it.
const WORDS: [&str; 31] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "FROM", "WHERE", "VALUES", "JOIN", "UNION",
    "LIMIT", "LIKE", "BETWEEN", "ORDER", "GROUP", "HAVING", "ALTER", "CREATE", "DROP", "ADD", "MODIFY",
    "TRUNCATE", "ANALYZE", "SET", "START", "COMMIT", "ROLLBACK", "LOCK", "CALL", "SHOW",
];
/// A condition may have none of the words.
const SIGNS: [&str; 4] = ["= ?", "> ?", "< ?", "(?"];

/// What is given to one of these is SQL whatever it says.
const CALLS: [&str; 7] =
    ["query(", "query_as(", "query_scalar(", ">(", "raw_sql(", "execute(", "AssertSqlSafe("];

/// What the whole of `src/storage` says, by name.
pub(super) fn of_the_service() -> BTreeMap<String, String> {
    let sources = files("src");
    assert!(sources.len() > 20, "only {} files were read", sources.len());
    sources.iter().filter(|source| source.room() == "storage").flat_map(pieces).collect()
}

/// What one file says.
pub(super) fn pieces(source: &Source) -> Vec<(String, String)> {
    let mut placed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (at, literal) in &source.strings {
        let text = spoken(literal);
        let before = source.code[..*at].trim_end();
        // One word is the name of a column that is read.
        let is_given = text.contains(' ') && CALLS.iter().any(|call| before.ends_with(call));
        if is_given || is_sql(&text) {
            placed.entry(place(source, *at)).or_default().push(text);
        }
    }
    let numbered = placed.into_iter().flat_map(|(place, texts)| {
        let is_alone = texts.len() == 1;
        texts.into_iter().zip(1..).map(move |(text, number)| {
            (if is_alone { place.clone() } else { format!("{place}/{number}") }, text)
        })
    });
    numbered.collect()
}

fn is_sql(text: &str) -> bool {
    let mut words = text.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
    words.any(|word| WORDS.contains(&word)) || SIGNS.iter().any(|sign| text.contains(sign))
}

/// The file below `src/storage`, and the function or else the constant that the offset lies in.
fn place(source: &Source, at: usize) -> String {
    let constant = || {
        let (_, after) = source.code[..at].rsplit_once("const ")?;
        Some(after.split(':').next()?.trim().to_owned())
    };
    let name = source.function_at(at).or_else(constant).unwrap_or_default();
    let mut path = source.module();
    path.remove(0);
    path.push(name);
    path.join("::")
}

/// The text of a literal on one line: without quotes, with its escapes undone.
fn spoken(literal: &str) -> String {
    let inner = literal.trim_start_matches(['r', '#']).trim_end_matches('#');
    let inner = inner.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(inner);
    let lines: Vec<&str> = inner.split("\\\n").map(str::trim_start).collect();
    let text = lines.concat().replace("\\\"", "\"");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
