//! The rules as they are read from a file.

use super::*;
use crate::config::Source;

fn load(pairs: &[(&str, &str)]) -> Result<UserColumns, String> {
    let source = Source::from_pairs(pairs.iter().copied());
    let mut reader = Reader::new(&source);
    let read = read(&mut reader);
    reader.finish(read).map_err(|faults| faults.to_string())
}

#[test]
fn without_settings_no_column_is_filled_and_none_is_asked() {
    assert_eq!(load(&[]).unwrap(), UserColumns::default());
}

#[test]
fn the_verified_column_is_a_name() {
    let read = load(&[("RESOLVER_USER_VERIFIED_COLUMN", "emailVerified")]).unwrap();
    assert_eq!(read.verified.as_deref(), Some("emailVerified"));
    assert!(load(&[("RESOLVER_USER_VERIFIED_COLUMN", "a\nb")]).unwrap_err().contains("VERIFIED_COLUMN"));
}

#[test]
fn every_variable_and_every_kind_of_literal_is_read() {
    for variable in Variable::ALL {
        let rules = parse(&format!("{{\"x\": \"{}\"}}", variable.as_str())).unwrap();
        assert_eq!(rules["x"], Fill::Variable(variable));
    }
    for (json, literal) in [
        ("null", Literal::Null),
        ("true", Literal::Boolean(true)),
        ("-1.50", Literal::Number("-1.5".to_owned())),
        ("\"member\"", Literal::Text("member".to_owned())),
        ("\"$$email\"", Literal::Text("$email".to_owned())),
        ("{\"a\": []}", Literal::Json("{\"a\":[]}".to_owned())),
    ] {
        assert_eq!(parse(&format!("{{\"x\": {json}}}")).unwrap()["x"], Fill::Literal(literal), "{json}");
    }
}

#[test]
fn what_is_no_rule_is_a_fault_that_tells_the_place_and_nothing_of_the_content() {
    for canary in [
        "{\"canary\": \"$canary\"}",
        "{\"canary\": 1, \"CANARY\": 2}",
        "{\"authId\": \"canary\"}",
        "{\"ID\": \"canary\"}",
        "{\"\": \"canary\"}",
        "[\"canary\"]",
        "canary",
        "",
    ] {
        let fault = parse(canary).unwrap_err();
        assert!(fault.starts_with("line ") && !fault.contains("canary"), "{canary}: {fault}");
    }
}

#[test]
fn a_file_that_is_not_there_is_a_fault() {
    let fault = load(&[("RESOLVER_USER_COLUMNS_FILE", "/no/such/file")]).unwrap_err();
    assert!(fault.starts_with("RESOLVER_USER_COLUMNS_FILE: names a file that cannot be read"), "{fault}");
}
