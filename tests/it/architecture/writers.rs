//! Who writes `authId`: one file of `storage`, called for that by `app/link.rs` alone.

use super::rules::{Finding, calls};
use super::source::Source;

const RULE: &str = "one writer of authId";
const WRITER: &str = "src/app/link.rs";

/// Findings over all files of the service together.
pub(super) fn of_auth_id(service: &[Source]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut homes: Vec<(String, String)> = Vec::new();
    for source in service {
        for (at, text) in source.strings.iter().filter(|(_, text)| writes(text)) {
            if source.room() != "storage" {
                found.push(Finding::at(RULE, source, *at, text.clone()));
            } else if let Some(name) = source.function_at(*at) {
                homes.push((source.path.clone(), name));
            } else {
                found.push(Finding::at(RULE, source, *at, "outside a function"));
            }
        }
    }
    homes.sort();
    homes.dedup();
    if homes.iter().any(|(path, _)| *path != homes[0].0) {
        let places: Vec<_> = homes.iter().map(|(path, _)| path.clone()).collect();
        found.push(Finding {
            rule: RULE,
            place: places.join(", "),
            what: "written in several files".to_owned(),
        });
    }
    for (_, name) in &homes {
        for source in service.iter().filter(|source| source.room() != "storage" && source.path != WRITER) {
            let callers: Vec<_> =
                calls(source, &[name.as_str()]).filter(|at| speaks_of_users(source, *at)).collect();
            found
                .extend(callers.into_iter().map(|at| Finding::at(RULE, source, at, format!("calls {name}"))));
        }
    }
    found
}

/// An INSERT or an UPDATE that sets the column; a comparison is none.
fn writes(literal: &str) -> bool {
    let text = literal.to_uppercase();
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(column) = flat.find("AUTHID") else {
        return false;
    };
    if flat.contains("INSERT INTO") || flat.contains("REPLACE INTO") {
        return flat.find("VALUES").is_some_and(|values| column < values) || flat.contains("SELECT");
    }
    let set = flat.find(" SET ").unwrap_or(flat.len());
    let filter = flat.find(" WHERE ").unwrap_or(flat.len());
    flat.contains("UPDATE ") && flat.match_indices("AUTHID").any(|(at, _)| set < at && at < filter)
}

// `insert` is a name many tables have: what counts is a call on the users' table.
fn speaks_of_users(source: &Source, at: usize) -> bool {
    let before = source.code[..at].trim_end_matches([':', '.', ' ', '\n']);
    let owner: String = before
        .chars()
        .rev()
        .take_while(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '(' | ')'))
        .collect();
    let owner: String = owner.chars().rev().collect();
    owner.contains("user") && !owner.contains("user_link")
}
