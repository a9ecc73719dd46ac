//! Kratos' identity schemas against the settings in force.

use super::{Ward, examine, schema, verified};
use fake_kratos::Identity;
use serde_json::{Value, json};

const EVER: &str = "nobody will ever be provisioned, because ";

#[tokio::test]
async fn a_schema_that_verifies_nothing_provisions_nobody_and_what_is_pasted_cures_it() {
    let ward = Ward::new().await;
    ward.kratos.plant_schemas([("default", schema(&json!({"type": "string", "minLength": 3})))]);
    let told = ward.examine();
    let found = told.is(1).only("error", "the trait /email is not verified by email");
    assert!(found["why"].as_str().unwrap().starts_with(EVER), "{found}");
    let property: Value = serde_json::from_str(found["paste"].as_str().unwrap()).unwrap();
    assert_eq!(property["email"]["minLength"], 3);
    ward.kratos.plant_schemas([("default", schema(&property["email"]))]);
    ward.examine().is(0);
}

#[tokio::test]
async fn settings_that_need_no_verification_make_an_unverified_schema_well() {
    let ward = Ward::new().await;
    ward.kratos.plant_schemas([("default", schema(&json!({"type": "string"})))]);
    for (linking, provisioning, severity, why) in [
        ("verified", "any", "warning", "no user that exists will ever be linked, because"),
        ("off", "any", "ok", ""),
        ("review", "verified", "error", EVER),
        ("trust", "verified", "warning", "no newcomer will ever get a user, because"),
        ("trust", "any", "ok", ""),
    ] {
        let policy = [("RESOLVER_LINKING", linking), ("RESOLVER_PROVISIONING", provisioning)];
        let told = examine(&ward.setup.clone().with(&policy));
        let found = told.only(severity, "the trait /email is not verified by email");
        assert!(found["why"].as_str().unwrap_or_default().starts_with(why), "{found}");
    }
}

#[tokio::test]
async fn one_schema_without_an_address_is_a_warning_and_the_pasted_pointer_cures_it() {
    let ward = Ward::new().await;
    let members = json!({"properties": {"traits": {"type": "object", "additionalProperties": false,
        "properties": {"emails": {"type": "array", "items": verified()}}}}});
    ward.kratos.plant_schemas([("default", schema(&verified())), ("member", members)]);
    let told = ward.examine();
    let found = told.is(10).only("warning", "identity schema \"member\": there is no trait /email");
    assert!(found["why"].as_str().unwrap().starts_with(EVER), "{found}");
    let file = std::env::temp_dir().join(format!("ir-traits-{}.json", uuid::Uuid::now_v7()));
    std::fs::write(&file, found["paste"].as_str().unwrap()).unwrap();
    let setup = ward.setup.clone().set("RESOLVER_TRAITS_FILE", file.to_str().unwrap());
    examine(&setup).is(0).only("ok", "identity schema \"member\": the trait /emails/0 is verified by email");
    let service = setup.serve().await;
    let traits = json!({"schema_id": "member", "traits": {"emails": ["zoe@b.example"]}});
    let zoe = ward.kratos.seed(Identity::verified("zoe@b.example").overriding(traits));
    let answer = service.client.resolve(zoe).await;
    assert_eq!(answer.status, 200, "{answer}");
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn all_pages_of_the_list_are_read() {
    let ward = Ward::new().await;
    let mut all: Vec<(String, Value)> = (0..600).map(|n| (format!("s{n}"), schema(&verified()))).collect();
    all.push(("last".to_owned(), schema(&json!({"type": "string"}))));
    ward.kratos.plant_schemas(all);
    let told = ward.examine();
    told.is(10).only("warning", "identity schema \"last\": the trait /email is not verified");
    let known = told.findings.iter().filter(|one| one["check"] == "schemas").count();
    assert_eq!(known, 601);
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up() {
    let ward = Ward::new().await;
    let all: Vec<(String, Value)> = (0..5_100).map(|n| (format!("s{n}"), schema(&verified()))).collect();
    ward.kratos.plant_schemas(all);
    ward.examine().is(10).only("warning", "more identity schemas than are read");
}

#[tokio::test]
async fn weird_schemas_are_told_of_and_crash_nothing() {
    let ward = Ward::new().await;
    let circle = json!({"properties": {"traits": {"$ref": "#"}}});
    let remote = schema(&json!({"$ref": "https://elsewhere.example/email.json"}));
    ward.kratos.plant_schemas([
        ("true", json!(true)),
        ("null", json!(null)),
        ("list", json!([1])),
        ("bare", json!({"type": "object"})),
        ("circle", circle),
        ("remote", remote),
        ("a\u{1b}[2J\n", schema(&verified())),
    ]);
    let told = ward.examine();
    told.is(10);
    for name in ["true", "null", "list", "bare"] {
        told.only("warning", &format!("identity schema \"{name}\": the trait /email is not described"));
    }
    told.only("warning", "identity schema \"remote\": the trait /email is described by another document");
    assert!(
        told.text.contains("identity schema \\\"circle\\\"") && !told.text.contains('\u{1b}'),
        "{}",
        told.text
    );
}

#[tokio::test]
async fn a_kratos_without_schemas_and_a_schema_that_only_the_settings_know_are_warnings() {
    let ward = Ward::new().await;
    let file = std::env::temp_dir().join(format!("ir-traits-{}.json", uuid::Uuid::now_v7()));
    std::fs::write(&file, r#"{"custumer": {"email": "/mail"}}"#).unwrap();
    let setup = ward.setup.clone().set("RESOLVER_TRAITS_FILE", file.to_str().unwrap());
    examine(&setup).is(10).only("warning", "names a schema that Kratos does not have: \"custumer\"");
    ward.kratos.plant_schemas(Vec::<(String, Value)>::new());
    let told = ward.examine();
    let why = told.is(10).only("warning", "Kratos has no identity schema")["why"].as_str().unwrap();
    assert!(why.starts_with(EVER), "{why}");
    std::fs::remove_file(&file).unwrap();
}
