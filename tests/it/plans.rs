//! How the servers carry out each statement of the service, on an adopted table of 100,000 users: by which key, and
//! over how many rows. What is asked is the text of the source itself, through the service's own connections.

mod crowd;
mod expected;
mod explain;
mod spoken;

use crate::architecture::source::Source;
use expected::{How, Row};
use explain::Server;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Statements without a row of the table, and rows without a statement.
fn unmatched(pieces: &BTreeMap<String, String>, rows: &[Row]) -> Vec<String> {
    let unknown = pieces.iter().filter(|(at, _)| !rows.iter().any(|row| row.is_of(at)));
    let unknown = unknown.map(|(at, text)| format!("{at} is not in tests/it/plans/expected: {text}"));
    let gone = rows.iter().filter(|row| !pieces.keys().any(|at| row.is_of(at)));
    let gone = gone.map(|row| format!("{} is in tests/it/plans/expected, and not in the source", row.at));
    unknown.chain(gone).collect()
}

/// What is not as the table says.
async fn surprises(server: &Server, pieces: &BTreeMap<String, String>, rows: &[Row]) -> Vec<String> {
    let mut found = Vec::new();
    for row in rows {
        found.extend(
            server.surprises(row, pieces).await.into_iter().map(|what| format!("{}: {what}", row.at)),
        );
    }
    found
}

#[test]
fn each_statement_of_the_source_has_one_row_of_the_table_and_the_other_way_round() {
    let (pieces, rows) = (spoken::of_the_service(), expected::rows());
    let problems = unmatched(&pieces, &rows);
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    let named: BTreeSet<&str> = rows.iter().map(|row| row.at).collect();
    assert_eq!(named.len(), rows.len(), "two rows for one statement");
    for row in &rows {
        let is_justified = match row.how {
            How::PartOf(whole) => named.contains(whole),
            How::Whole(why) | How::Apart(why) => why.split(' ').count() > 3,
            How::Keys(..) | How::Page(_) | How::List(..) => true,
        };
        assert!(is_justified, "{row:?}");
    }
}

#[test]
fn no_statement_known_at_compile_time_is_overlooked() {
    let pieces = spoken::of_the_service();
    let texts: BTreeSet<&str> = pieces.values().map(String::as_str).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let described: serde_json::Value =
            serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let query = described["query"].as_str().unwrap();
        let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(texts.contains(query.as_str()), "not found in the source: {query}");
        count += 1;
    }
    assert!(count > 20, "{count}");
}

#[test]
fn a_planted_statement_is_reported_in_whatever_form() {
    for (text, at) in [
        ("fn f() { sqlx::query!(\"SELECT name\n  FROM `user`\"); }", "a::f"),
        ("fn f() { let all = format!(\"DELETE FROM {table}\"); }", "a::f"),
        ("const BY_NAME: &str = \"name = ?\";", "a::BY_NAME"),
        ("fn f() { query(\"SELECT 1\"); query(\"SELECT 2\"); }", "a::f/2"),
        ("fn f() { sqlx::query_as::<_, (i64,)>(\n \"select 1\"); }", "a::f"),
        ("fn f() { raw_sql(r#\"LOCK TABLES x\"#); }", "a::f"),
    ] {
        let source = Source::new("src/storage/a.rs", &format!("//! x\n{text}\n"));
        let pieces: BTreeMap<String, String> = spoken::pieces(&source).into_iter().collect();
        let problems = unmatched(&pieces, &[]);
        assert!(problems.iter().any(|problem| problem.starts_with(at)), "{text}: {problems:?}");
    }
    let innocent =
        Source::new("src/storage/a.rs", "//! SELECT\nfn f() { log(\"the update from Kratos\"); }\n");
    assert!(spoken::pieces(&innocent).is_empty());
    let gone = Row::new("a::g", &[], How::Apart("it is gone"));
    assert_eq!(unmatched(&BTreeMap::new(), &[gone]).len(), 1);
}

#[tokio::test]
async fn each_statement_finds_its_rows_by_a_key() {
    let db = crowd::gather().await;
    let server = Server::of(&db);
    let (pieces, rows) = (spoken::of_the_service(), expected::rows());
    let problems = surprises(&server, &pieces, &rows).await;
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));

    // The same again without some keys, so that no row of the table passes by being blind.
    for (change, at) in [
        ("ALTER TABLE `user` DROP KEY user_resolver_address_ix", "user::candidates_where"),
        ("ALTER TABLE review DROP KEY review_user_ix", "review::set_superseded/1"),
        ("ALTER TABLE link_history DROP KEY link_history_identity_ix", "link_history::find_orphan"),
        (
            "ALTER TABLE user_link MODIFY user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL",
            "links::find_by_user",
        ),
    ] {
        db.execute(change).await;
        let problems = surprises(&server, &pieces, &rows).await;
        assert!(problems.iter().any(|problem| problem.starts_with(at)), "{change}: {problems:?}");
    }
}
