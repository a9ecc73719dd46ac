//! The house rules as checks over one source file each; what concerns several files is in `writers`.

use super::paths::{Spoken, spoken};
use super::source::{Source, closing};
use super::table;

/// A broken rule.
#[derive(Debug)]
pub(super) struct Finding {
    /// The rule's short name.
    pub(super) rule: &'static str,
    /// `path:line`.
    pub(super) place: String,
    /// What was found there.
    pub(super) what: String,
}

impl Finding {
    /// At an offset of a file.
    pub(super) fn at(rule: &'static str, source: &Source, offset: usize, what: impl Into<String>) -> Finding {
        let place = format!("{}:{}", source.path, source.line(offset));
        Finding { rule, place, what: what.into() }
    }
}

/// What holds for every Rust file of the checkout, tests included.
pub(super) fn of_any_file(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    let lines = source.text.lines().count();
    if lines > 300 {
        found.push(Finding::at("300 lines", source, 0, format!("{lines} lines")));
    }
    if !source.text.starts_with("//!") {
        found.push(Finding::at("says what it decides", source, 0, "does not begin with //!"));
    }
    if source.path.ends_with("/mod.rs") {
        found.push(Finding::at("no mod.rs", source, 0, "foo.rs + foo/ instead"));
    }
    found.extend(long_functions(source));
    let name = source.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    if matches!(name, "utils" | "util" | "helpers" | "helper" | "common" | "manager" | "misc") {
        found.push(Finding::at("a name that says something", source, 0, name));
    }
    found
}

/// Functions of more than 50 lines, from the line of `fn` to its closing brace.
fn long_functions(source: &Source) -> Vec<Finding> {
    let starts = words(source, &["fn"]).filter_map(|at| {
        let rest = &source.code[at..];
        // A pointer type or a declaration without a body has its `;` first.
        let open = rest.find(['{', ';']).filter(|open| rest.as_bytes()[*open] == b'{')?;
        Some((at, closing(&source.code, at + open)))
    });
    let lengths = starts.map(|(at, end)| (at, source.line(end) - source.line(at) + 1));
    let long = lengths.filter(|(_, lines)| *lines > 50);
    long.map(|(at, lines)| Finding::at("50 lines a function", source, at, format!("{lines} lines"))).collect()
}

/// What holds for a file of `src`.
pub(super) fn of_the_service(source: &Source) -> Vec<Finding> {
    // A test module may look where it likes; it is not built into the service.
    if source.path.ends_with("/tests.rs") || source.path.contains("/tests/") {
        return Vec::new();
    }
    let paths = spoken(source);
    let mut found = directions(source, &paths);
    found.extend(status_codes(source));
    found.extend(sql(source));
    found.extend(cancellation(source));
    found.extend(built_sql(source));
    found
}

/// Who may know whom.
fn directions(source: &Source, paths: &[Spoken]) -> Vec<Finding> {
    let room = source.room();
    let Some(rules) = table::of(&room) else {
        return vec![Finding::at("who may know whom", source, 0, format!("the table has no module {room}"))];
    };
    let mut found = Vec::new();
    for Spoken { at, path, is_reexport } in paths {
        let text = path.join("::");
        let finding = |what: String| Finding::at("who may know whom", source, *at, what);
        if path[0] == "crate" {
            match path.get(1) {
                None => found.push(finding("the whole crate under another name".to_owned())),
                Some(other) if other == "*" => found.push(finding("everything of the crate".to_owned())),
                Some(other) if !table::is_room(other) || *other == room => {}
                // Types of the domain are everybody's language; an adapter handed on would be a way round.
                Some(other) if *is_reexport && other != "domain" => {
                    found.push(finding(format!("gives {other} on as its own")));
                }
                Some(_) if rules.may_use(path) => {}
                Some(other) if other == "config" && path.len() == 2 && rules.speaks_of_its_section(paths) => {
                }
                Some(_) => found.push(finding(text)),
            }
        } else if rules.forbids_crate(&path[0]) {
            found.push(finding(text));
        }
    }
    if rules.is_pure {
        found.extend(
            words(source, &["async", "await"])
                .map(|at| Finding::at("who may know whom", source, at, "async")),
        );
    }
    found
}

/// Our own answers' status codes are made in `http` only; `kratos` reads those of another server.
fn status_codes(source: &Source) -> Vec<Finding> {
    let room = source.room();
    if matches!(room.as_str(), "http" | "kratos" | "outbox") {
        return Vec::new();
    }
    let named = ["StatusCode", "HttpResponse", "HttpResponseBuilder", "ResponseError"];
    words(source, &named).map(|at| Finding::at("status codes in http", source, at, room.clone())).collect()
}

/// SQL is spoken in `storage` only.
fn sql(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    if source.room() != "storage" {
        // `url.query()` is no SQL: sqlx' are free functions and macros.
        let calls = calls(source, &QUERIES).filter(|at| !source.code[..*at].ends_with('.'));
        found.extend(calls.map(|at| Finding::at("SQL in storage", source, at, "a query")));
        let spoken = source.strings.iter().filter(|(_, text)| is_sql(text));
        found.extend(spoken.map(|(at, text)| Finding::at("SQL in storage", source, *at, text.clone())));
    }
    let changes = source.strings.iter().filter(|(_, text)| changes_history(text));
    found
        .extend(changes.map(|(at, text)| Finding::at("history is only appended", source, *at, text.clone())));
    found
}

const QUERIES: [&str; 8] = [
    "query",
    "query_as",
    "query_scalar",
    "query_with",
    "query_as_with",
    "raw_sql",
    "query_unchecked",
    "query_as_unchecked",
];

/// The statement a literal holds begins with a verb in capitals, as all SQL of this house does.
fn is_sql(literal: &str) -> bool {
    let text = literal.trim_start_matches(['r', '#', '"', ' ', '\n', '\\']).trim_start();
    [
        "SELECT ",
        "INSERT ",
        "UPDATE ",
        "DELETE ",
        "REPLACE ",
        "CREATE TABLE",
        "ALTER TABLE",
        "DROP TABLE",
        "SET SESSION",
    ]
    .iter()
    .any(|verb| text.starts_with(verb))
}

fn changes_history(literal: &str) -> bool {
    let text = literal.to_uppercase();
    let mut words = text.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
    let verb = words.any(|word| matches!(word, "UPDATE" | "DELETE" | "REPLACE" | "TRUNCATE"));
    verb && text.contains("LINK_HISTORY")
}

/// Nothing wraps a database future so that it can be dropped half-way.
fn cancellation(source: &Source) -> Vec<Finding> {
    let room = source.room();
    if !matches!(room.as_str(), "app" | "storage" | "jobs") || source.path.starts_with("src/storage/pool") {
        return Vec::new();
    }
    let found =
        calls(source, &["timeout", "timeout_at", "select", "select_biased", "abortable", "now_or_never"]);
    // Waiting for a sign that work is done drops nothing but the wait.
    let found = found.filter(|at| {
        let open = at + source.code[*at..].find(['(', '{']).unwrap_or_default();
        let given = &source.code[open..closing(&source.code, open)];
        ![".notified()", ".cancelled()"]
            .iter()
            .any(|sign| given.trim_end_matches(')').ends_with(sign.trim_end_matches(')')))
    });
    found.map(|at| Finding::at("no cancelled database future", source, at, "only storage/pool may")).collect()
}

/// A statement is a literal, never put together from parts.
fn built_sql(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for at in calls(source, &QUERIES).filter(|at| !source.code[..*at].ends_with('.')) {
        let open = at + source.code[at..].find('(').unwrap_or_default();
        let given = &source.code[open..closing(&source.code, open)];
        // A macro takes a literal or does not compile; what follows the first comma is bound, not spoken.
        let is_macro = source.code[at..open].ends_with('!');
        let statement = given.split(',').next().unwrap_or_default();
        if !is_macro
            && ["format!", "concat!", "push_str", ".as_str()"].iter().any(|part| statement.contains(part))
        {
            found.push(Finding::at("SQL is a literal", source, at, "a statement put together"));
        }
    }
    // Session limits are numbers of ours; the migrator and the adoption run statements that come from files
    // and from the database itself; what columns `user` has is the platform's choice.
    let may_assert =
        ["src/storage/connect.rs", "src/storage/migrations", "src/storage/adoption", "src/storage/user"];
    if !may_assert.iter().any(|allowed| source.path.starts_with(allowed)) {
        let asserted = words(source, &["AssertSqlSafe", "QueryBuilder"]);
        found.extend(
            asserted.map(|at| Finding::at("SQL is a literal", source, at, "a statement put together")),
        );
    }
    found
}

/// Offsets of whole words in the code.
fn words<'a>(source: &'a Source, wanted: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    wanted.iter().flat_map(move |word| {
        source.code.match_indices(word).map(|(at, _)| at).filter(move |at| {
            let bytes = source.code.as_bytes();
            !is_part(at.checked_sub(1).and_then(|before| bytes.get(before)))
                && !is_part(bytes.get(at + word.len()))
        })
    })
}

/// Offsets of calls, and of macros, of these names: `name(`, `name!(`, `name::<T>(`; a definition is none.
pub(super) fn calls<'a>(source: &'a Source, wanted: &'a [&'a str]) -> impl Iterator<Item = usize> + 'a {
    words(source, wanted).filter(move |at| {
        let rest = source.code[*at..].trim_start_matches(|sign: char| sign.is_alphanumeric() || sign == '_');
        let rest = rest.trim_start();
        let is_definition = source.code[..*at].trim_end().ends_with("fn");
        let is_call = rest.starts_with('(')
            || rest.starts_with('!') && !rest.starts_with("!=")
            || rest.starts_with("::<");
        is_call && !is_definition
    })
}
