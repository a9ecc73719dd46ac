//! Holds the sources against the house rules: who may know whom, where SQL and status codes are spoken, who
//! writes `authId`. Each rule is shown to report a planted violation, so that none passes by being blind.

mod paths;
mod planted;
mod rules;
pub(crate) mod source;
mod table;
mod writers;

use rules::Finding;
use source::Source;
use std::fs;
use std::path::Path;

#[test]
fn the_sources_keep_the_house_rules() {
    let service = files("src");
    assert!(service.len() > 20, "only {} files were read", service.len());
    let mut found: Vec<Finding> = service.iter().flat_map(rules::of_the_service).collect();
    found.extend(writers::of_auth_id(&service));
    let tests = files("tests");
    found.extend(service.iter().chain(&tests).flat_map(rules::of_any_file));
    let told: Vec<_> =
        found.iter().map(|one| format!("{}: {} ({})", one.place, one.what, one.rule)).collect();
    assert!(told.is_empty(), "\n{}", told.join("\n"));
}

#[test]
fn the_map_names_every_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let documented: Vec<&str> = map.lines().take_while(|line| line.starts_with("//!")).collect();
    let documented = documented.join("\n");
    let modules = map.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    let missing: Vec<_> =
        modules.map(|name| name.trim_end_matches(';')).filter(|name| !documented.contains(*name)).collect();
    assert!(missing.is_empty(), "src/lib.rs says nothing of {missing:?}");
}

#[test]
fn every_rule_reports_a_planted_violation() {
    for plant in planted::ALL {
        let source = Source::new(plant.path, plant.text);
        let mut found = rules::of_the_service(&source);
        found.extend(rules::of_any_file(&source));
        found.extend(writers::of_auth_id(&[source]));
        let hit = found.iter().any(|one| one.rule == plant.rule);
        assert!(
            hit,
            "{:?} was not reported for {}:\n{}\nfound: {found:?}",
            plant.rule, plant.path, plant.text
        );
    }
}

#[test]
fn a_file_of_301_lines_is_reported() {
    let long = Source::new("src/app/a.rs", &format!("//! x\n{}", "\n".repeat(300)));
    let found = rules::of_any_file(&long);
    assert!(found.iter().any(|one| one.rule == "300 lines"), "{found:?}");
}

#[test]
fn a_function_of_51_lines_is_reported_and_one_of_50_is_not() {
    for (inside, is_long) in [(48, false), (49, true)] {
        let text = format!("//! x\nconst F: fn() = f;\nfn f() {{\n{}}}\n", "    g();\n".repeat(inside));
        let found = rules::of_any_file(&Source::new("src/app/a.rs", &text));
        assert_eq!(found.iter().any(|one| one.rule == "50 lines a function"), is_long, "{found:?}");
    }
}

#[test]
fn innocent_code_is_not_reported() {
    for (path, text) in planted::INNOCENT {
        let source = Source::new(path, text);
        let mut found = rules::of_the_service(&source);
        found.extend(rules::of_any_file(&source));
        assert!(found.is_empty(), "{path}:\n{text}\nfound: {found:?}");
    }
}

/// All Rust files below a folder of the repository.
pub(crate) fn files(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(root).expect("inside").to_string_lossy().replace('\\', "/");
                found.push(Source::new(&name, &fs::read_to_string(&path).expect("a source")));
            }
        }
    }
    found
}
