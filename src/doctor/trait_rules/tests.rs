//! Schemas as people write them, and as nobody should.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn verified() -> Value {
    json!({"type": "string", "format": "email", "ory.sh/kratos": {"verification": {"via": "email"}}})
}

fn traits(traits: &Value) -> Value {
    json!({"$id": "https://x.example/s.json", "properties": {"traits": traits}, "definitions": {"mail": verified()}})
}

fn standing(schema: &Value, pointer: &str) -> Standing {
    describe(schema, pointer).standing
}

#[test]
fn a_verified_trait_is_found_wherever_it_stands() {
    for (schema, pointer) in [
        (json!({"properties": {"email": verified()}}), "/email"),
        (json!({"properties": {"contact": {"properties": {"e/mail": verified()}}}}), "/contact/e~1mail"),
        (json!({"properties": {"emails": {"type": "array", "items": verified()}}}), "/emails/0"),
        (json!({"properties": {"emails": {"items": [{"type": "string"}, verified()]}}}), "/emails/1"),
        (json!({"properties": {"email": {"$ref": "#/definitions/mail"}}}), "/email"),
        (json!({"properties": {"email": {"$ref": "https://x.example/s.json#/definitions/mail"}}}), "/email"),
        (json!({"allOf": [{"properties": {"name": {}}}, {"properties": {"email": verified()}}]}), "/email"),
        (json!({"properties": {"email": {"anyOf": [{"type": "null"}, verified()]}}}), "/email"),
    ] {
        let schema = traits(&schema);
        assert_eq!(standing(&schema, pointer), Standing::Verified, "{schema}");
        assert_eq!(describe(&schema, &find_verified(&schema).unwrap()).standing, Standing::Verified);
    }
}

#[test]
fn what_is_not_verified_by_email_is_told_apart() {
    let sms = json!({"type": "string", "ory.sh/kratos": {"verification": {"via": "sms"}}});
    for (schema, wanted) in [
        (json!({"properties": {"email": {"type": "string"}}}), Standing::Unverified),
        (json!({"properties": {"email": sms}}), Standing::Unverified),
        (json!({"properties": {"mail": verified()}}), Standing::Unmentioned),
        (json!({"properties": {"mail": verified()}, "additionalProperties": false}), Standing::Forbidden),
        (
            json!({"properties": {"email": {"$ref": "https://elsewhere.example/mail.json"}}}),
            Standing::Unknown,
        ),
        (json!({"properties": {"email": {"$ref": "#/nowhere"}}}), Standing::Unknown),
    ] {
        assert_eq!(standing(&traits(&schema), "/email"), wanted, "{schema}");
    }
    let beside = json!({"properties": {"email": {"$ref": "#/properties", "ory.sh/kratos": {"verification": {"via": "email"}}}}});
    assert_eq!(
        standing(&traits(&beside), "/email"),
        Standing::Unverified,
        "beside a reference nothing counts"
    );
}

#[test]
fn a_schema_that_refers_to_itself_or_grows_without_end_is_given_up() {
    let circle = json!({"properties": {"traits": {"$ref": "#/properties/traits"}}});
    assert_eq!(standing(&circle, "/email"), Standing::Unknown);
    let doubling = json!({"properties": {"traits": {"allOf": [{"$ref": "#/properties/traits"}, {"$ref": "#/properties/traits"}]}}});
    assert_eq!(standing(&doubling, "/email"), Standing::Unknown);
    assert_eq!(find_verified(&doubling), None);
}

#[test]
fn a_schema_without_properties_allows_everything_and_verifies_nothing() {
    for weird in [json!(true), json!(null), json!("x"), json!([]), json!({}), json!({"properties": 7})] {
        assert_eq!(standing(&weird, "/email"), Standing::Unmentioned, "{weird}");
        assert_eq!(find_verified(&weird), None);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "traits",
        "email",
        "properties",
        "items",
        "$ref",
        "allOf",
        "oneOf",
        "additionalProperties",
        "then",
        "$id",
        "ory.sh/kratos",
        "verification",
        "via",
    ]);
    let texts = prop::sample::select(vec![
        "email",
        "#",
        "#/properties",
        "#/properties/traits",
        "https://x.example/a",
    ]);
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool), texts.prop_map(Value::from)];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((words.clone(), inner), 0..5).prop_map(|members| Value::Object(
                members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_schema_and_no_pointer_makes_the_walk_panic(schema in any_json(), pointer in "(/(email|0|~1|traits)){0,3}") {
        let _ = describe(&schema, &pointer);
        let _ = find_verified(&schema);
    }
}
