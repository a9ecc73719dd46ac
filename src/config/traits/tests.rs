//! The traits file: what it may say, and that a fault tells a place and no content.

use super::*;

fn email(map: &TraitMap, schema: &str) -> Vec<String> {
    map.paths(schema).email.clone()
}

#[test]
fn without_a_file_the_usual_places_are_searched() {
    let source = crate::config::Source::default();
    let map = read(&mut Reader::new(&source)).unwrap();
    let paths = map.paths("any");
    assert_eq!(paths.email, ["/email"]);
    assert_eq!(paths.first_name, ["/name/first", "/first_name"]);
    assert_eq!(paths.last_name, ["/name/last", "/last_name"]);
    assert_eq!((paths.picture.len(), paths.mobile.len()), (1, 1));
}

#[test]
fn a_named_schema_has_its_own_pointers_and_the_star_serves_all_others() {
    let text = r#"{"staff": {"email": ["/mails/0", "/mail"]}, "*": {"email": "/contact/e~1mail"}}"#;
    let map = parse(text).unwrap();
    assert_eq!(email(&map, "staff"), ["/mails/0", "/mail"]);
    assert_eq!(email(&map, "customer"), ["/contact/e~1mail"]);
}

#[test]
fn a_trait_that_is_left_out_keeps_its_usual_pointers() {
    let map = parse(r#"{"staff": {"email": "/mail"}}"#).unwrap();
    assert_eq!(map.paths("staff").first_name, ["/name/first", "/first_name"]);
    assert_eq!(email(&map, "customer"), ["/email"]);
}

#[test]
fn an_empty_list_says_that_a_schema_has_no_such_trait() {
    let map = parse(r#"{"*": {"picture": [], "firstName": []}}"#).unwrap();
    assert!(map.paths("any").picture.is_empty());
    assert!(map.paths("any").first_name.is_empty());
}

#[test]
fn what_does_not_belong_into_the_file_is_a_fault_that_tells_only_the_place() {
    let bad = [
        (r#"{"canary": {"canary": "/canary"}}"#, "line 1, column 20"),
        ("{\n\"canary\": {\"email\": \"canary\"}}", "line 2, column "),
        (r#"{"canary": {"email": "/canary~"}}"#, "line 1, column "),
        (r#"{"canary": {"email": []}}"#, "line 1, column "),
        (r#"{"canary": {"email": 7}}"#, "line 1, column "),
        (r#"{"canary": {"email": "/a", "email": "/b"}}"#, "line 1, column "),
        (r#"{"canary": {}, "canary": {}}"#, "line 1, column "),
        (r#"{"canary": "/email"}"#, "line 1, column "),
        (r#"["canary"]"#, "line 1, column "),
        (r#"{"canary": {"#, "line 1, column 12 of the file is not JSON"),
        ("canary", "line 1, column 1 of the file is not JSON"),
        ("", "line 1, column 0 of the file is not JSON"),
    ];
    for (text, place) in bad {
        let fault = parse(text).unwrap_err();
        assert!(fault.starts_with(place), "{text}: {fault}");
        assert!(!fault.contains("canary"), "{fault}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault_of_the_setting() {
    let source = crate::config::Source::from_pairs([("RESOLVER_TRAITS_FILE", "/nowhere/canary.json")]);
    let mut reader = Reader::new(&source);
    let read = read(&mut reader);
    let fault = reader.finish(read).unwrap_err().to_string();
    assert!(fault.starts_with("RESOLVER_TRAITS_FILE: names a file that cannot be read"), "{fault}");
    assert!(!fault.contains("canary"), "{fault}");
}
