//! Each error code, metric and setting is named by at least one test, here or beside the code.

use crate::support::world::World;
use std::fs;
use std::path::{Path, PathBuf};

/// What tests say: this crate but this file, and the test modules of the service.
fn spoken_in_tests() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = String::new();
    for path in files(root.join("tests/it")).into_iter().filter(|path| !path.ends_with("coverage.rs")) {
        all += &fs::read_to_string(path).unwrap();
    }
    for path in files(root.join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let is_test = path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests");
        let from = if is_test { Some(0) } else { text.find("#[cfg(test)]") };
        all += &text[from.unwrap_or(text.len())..];
    }
    all
}

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let mut open = vec![folder];
    let mut found = Vec::new();
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    found
}

fn all_are_named<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) {
    let spoken = spoken_in_tests();
    let names: Vec<&str> = names.into_iter().collect();
    assert!(names.len() > 5, "only {} {what}s", names.len());
    let missing: Vec<_> = names.into_iter().filter(|name| !spoken.contains(*name)).collect();
    assert!(missing.is_empty(), "no test names the {what} {missing:?}");
}

#[tokio::test]
async fn each_error_code_is_named_by_a_test() {
    let world = World::start().await;
    let document = world.client().operations("/openapi.json").await.json();
    let codes = document["components"]["schemas"]["Error"]["properties"]["error"]["enum"].as_array().unwrap();
    all_are_named("code", codes.iter().map(|code| code.as_str().unwrap()));
}

#[tokio::test]
async fn each_metric_is_named_by_a_test() {
    let world = World::start().await;
    let text = world.client().operations("/metrics").await.text();
    all_are_named(
        "metric",
        text.lines().filter_map(|line| line.strip_prefix("# TYPE identity_resolver_")?.split(' ').next()),
    );
}

#[test]
fn each_setting_is_named_by_a_test() {
    all_are_named("setting", identity_resolver::config::SETTINGS.iter().map(|setting| setting.name));
}
