//! `doctor` as an operator meets it: what it finds, what it says to do, and that doing it helps.

use crate::support::database::TestDb;
use crate::support::service::{Finished, Setup};
use crate::support::world::World;
use fake_kratos::{Action, FakeKratos, Identity, PathKind, Rule};
use serde_json::{Value, json};

mod addresses;
mod columns;
mod database;
mod kratos;
mod rights;
mod schema;
mod schemas;

/// A migrated database, a double with one good schema, and the environment of a `doctor` that finds nothing wrong.
struct Ward {
    kratos: FakeKratos,
    setup: Setup,
    db: TestDb,
}

impl Ward {
    async fn new() -> Ward {
        let ward = Ward::unmigrated(&[]).await;
        ward.setup.migrate();
        ward
    }

    /// Before `migrate`, after these statements.
    async fn unmigrated(statements: &[&str]) -> Ward {
        let (db, kratos) = (TestDb::create().await, FakeKratos::start());
        for statement in statements {
            db.execute(*statement).await;
        }
        kratos.plant_schemas([("default", schema(&verified()))]);
        let setup = Setup::new(&db.url(), &kratos.admin_url()).set("KRATOS_PUBLIC_URL", kratos.public_url());
        Ward { kratos, setup, db }
    }

    fn set(self, name: &str, value: &str) -> Ward {
        Ward { setup: self.setup.set(name, value), ..self }
    }

    fn examine(&self) -> Told {
        examine(&self.setup)
    }
}

/// What `doctor` said.
struct Told {
    code: Option<i32>,
    findings: Vec<Value>,
    text: String,
}

fn examine(setup: &Setup) -> Told {
    let done: Finished = setup.run(&["doctor"]);
    let findings =
        done.stdout.lines().map(|line| serde_json::from_str(line).expect("one line of JSON")).collect();
    Told { code: done.code, findings, text: done.text() }
}

impl Told {
    /// The one finding of this severity whose `found` has these words, at its end where a `$` follows them; what to do stands in each that is not well.
    fn only(&self, severity: &str, words: &str) -> &Value {
        let fits = |found: &str| match words.strip_suffix('$') {
            Some(end) => found.ends_with(end),
            None => found.contains(words),
        };
        let has = |one: &&Value| one["found"].as_str().is_some_and(fits);
        let found: Vec<&Value> = self.findings.iter().filter(has).collect();
        assert!(found.len() == 1, "{words:?} {} times: {}", found.len(), self.text);
        assert_eq!(found[0]["severity"], severity, "{}", self.text);
        if severity != "ok" {
            assert!(found[0]["why"].is_string() && found[0]["fix"].is_string(), "{}", found[0]);
        }
        found[0]
    }

    fn paste(&self, severity: &str, words: &str) -> String {
        self.only(severity, words)["paste"].as_str().expect("something to paste").to_owned()
    }

    /// All that is not well.
    fn trouble(&self) -> Vec<&Value> {
        self.findings.iter().filter(|one| one["severity"] != "ok").collect()
    }

    fn is(&self, code: i32) -> &Told {
        assert_eq!(self.code, Some(code), "{}", self.text);
        self
    }
}

fn verified() -> Value {
    json!({"type": "string", "format": "email", "ory.sh/kratos": {"verification": {"via": "email"}}})
}

/// A schema with this as its one trait, `email`.
fn schema(email: &Value) -> Value {
    json!({"type": "object", "properties": {"traits": {"type": "object", "properties": {"email": email}}}})
}

#[tokio::test]
async fn a_healthy_system_is_well_and_nothing_is_changed() {
    let ward = Ward::new().await;
    ward.db.seed_user("ada@b.example").await;
    ward.kratos.seed(Identity::verified("bob@b.example"));
    let before = ward.db.checksums().await;
    let told = ward.examine();
    told.is(0);
    assert!(told.trouble().is_empty());
    let checks: Vec<&str> = told.findings.iter().filter_map(|one| one["check"].as_str()).collect();
    let all =
        ["settings", "database", "rights", "rights", "schema", "columns", "addresses", "kratos", "schemas"];
    assert_eq!(checks, all, "{}", told.text);
    assert_eq!(ward.db.checksums().await, before);
    assert!(!told.text.contains("b.example"), "{}", told.text);
}

#[tokio::test]
async fn every_fault_of_the_settings_is_told_and_the_rest_is_examined_all_the_same() {
    let ward = Ward::new().await.set("RESOLVER_LISTEN", "Canary").set("RESOLVER_POOLSIZE", "Canary");
    let told = ward.examine();
    told.is(2);
    for name in ["RESOLVER_LISTEN: ", "RESOLVER_POOLSIZE: "] {
        told.only("error", name);
    }
    told.only("ok", "the server is M");
    told.only("ok", "Kratos v26.2.0 answers");
    assert!(!told.text.contains("Canary"), "{}", told.text);
}

#[tokio::test]
async fn a_section_with_a_fault_keeps_no_other_from_being_examined() {
    let ward = Ward::new().await;
    let told = examine(&ward.setup.clone().without("DATABASE_URL"));
    told.is(2).only("error", "DATABASE_URL: is not set");
    told.only("ok", "Kratos v26.2.0 answers");
    let told = examine(&ward.setup.clone().set("KRATOS_ADMIN_URL", "nowhere"));
    told.is(2).only("error", "KRATOS_ADMIN_URL: ");
    told.only("ok", "every right that `serve` needs");
    let told = examine(&ward.setup.clone().set("RESOLVER_USER_COLUMNS_FILE", "/nonexistent"));
    told.is(2).only("error", "RESOLVER_USER_COLUMNS_FILE: ");
    told.only("ok", "the addresses of 0 users");
}

#[tokio::test]
async fn risks_are_warnings_and_exit_10() {
    let ward = Ward::new().await;
    let told = examine(&ward.setup.clone().set("RESOLVER_LINKING", "trust"));
    assert_eq!(told.is(10).paste("warning", "RESOLVER_LINKING is trust"), "RESOLVER_LINKING=verified");
    let told = examine(&ward.setup.clone().without("KRATOS_PUBLIC_URL"));
    told.is(10).only("warning", "KRATOS_PUBLIC_URL is not set");
    let off = [("RESOLVER_LINKING", "off"), ("RESOLVER_PROVISIONING", "off")];
    let told = examine(&ward.setup.clone().with(&off));
    let why = told.is(10).only("warning", "are both off")["why"].as_str().unwrap().to_owned();
    assert!(why.contains("nobody will ever be provisioned, because"), "{why}");
}

#[tokio::test]
async fn the_linter_of_a_later_version_is_wrong_usage() {
    let done = Setup::empty().run(&["doctor", "--kratos-config", "kratos.yml"]);
    assert_eq!(done.code, Some(2), "{}", done.text());
}

#[tokio::test]
async fn a_service_that_serves_is_examined_beside_it() {
    let world = World::start().await;
    world.kratos.plant_schemas([("default", schema(&verified()))]);
    let setup = world.setup().clone().set("KRATOS_PUBLIC_URL", world.kratos.public_url());
    let identity = world.kratos.seed(Identity::verified("ada@b.example"));
    assert!(world.client().resolve(identity).await.created());
    examine(&setup).is(0);
}

#[tokio::test]
async fn a_kratos_that_hangs_ends_the_check_and_not_the_others() {
    let ward = Ward::new().await.set("RESOLVER_KRATOS_TOTAL_MILLIS", "600");
    ward.kratos.fault(Rule::any(Action::Hang).path(PathKind::Version));
    ward.kratos.fault(Rule::any(Action::Hang).path(PathKind::Schemas));
    let told = ward.examine();
    told.is(1)
        .only("error", "nothing answers at KRATOS_ADMIN_URL: no answer within RESOLVER_KRATOS_TOTAL_MILLIS");
    told.only(
        "warning",
        "nothing answers at KRATOS_PUBLIC_URL: no answer within RESOLVER_KRATOS_TOTAL_MILLIS",
    );
    told.only("ok", "every right that `serve` needs");
}
