//! The platform's own columns: what is pasted is fed back as the file, and helps.

use super::{Ward, examine};
use crate::support::service::Setup;
use fake_kratos::Identity;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Required columns of every type that a rule can fill, and a key on two of them.
const WIDE: &str = "CREATE TABLE `user` (
    id CHAR(36) NOT NULL PRIMARY KEY, email VARCHAR(255) NOT NULL, nameID VARCHAR(36) NOT NULL UNIQUE,
    tenant CHAR(36) NOT NULL, number2 CHAR(36) NOT NULL UNIQUE, accountUpn VARCHAR(20) NOT NULL,
    displayName VARCHAR(9) NOT NULL, phone VARCHAR(255) NOT NULL, bio TEXT NOT NULL, settings JSON NOT NULL,
    version INT UNSIGNED NOT NULL, small TINYINT NOT NULL, isAdmin TINYINT(1) NOT NULL, big BIGINT NOT NULL,
    price DECIMAL(4,2) NOT NULL, ratio DOUBLE NOT NULL, bits BIT(3) NOT NULL, born DATE NOT NULL,
    seenAt DATETIME(3) NOT NULL, wakes TIME NOT NULL, since YEAR NOT NULL, flags SET('a','b') NOT NULL,
    kind ENUM('x','y') NOT NULL, note VARCHAR(9) NULL, score INT NOT NULL DEFAULT 3)";

/// A file that goes with it.
struct Pasted(PathBuf);

impl Pasted {
    fn new(text: &str) -> Pasted {
        let path = std::env::temp_dir().join(format!("ir-pasted-{}.json", uuid::Uuid::now_v7()));
        std::fs::write(&path, text).unwrap();
        Pasted(path)
    }

    fn in_force(&self, setup: &Setup) -> Setup {
        setup.clone().set("RESOLVER_USER_COLUMNS_FILE", self.0.to_str().unwrap())
    }
}

impl Drop for Pasted {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

async fn adopted(statements: &[&str]) -> Ward {
    let ward = Ward::unmigrated(statements).await;
    ward.setup.migrate();
    ward
}

#[tokio::test]
async fn the_pasted_rules_fill_every_column_and_newcomers_are_created() {
    let ward = adopted(&[WIDE]).await;
    let told = ward.examine();
    let paste =
        told.is(1).paste("error", "no rule fills these required columns of user: nameID varchar(36), tenant");
    let file = Pasted::new(&paste);
    let setup = file.in_force(&ward.setup);
    let told = examine(&setup);
    told.is(0).only("ok", "required columns are filled");
    let service = setup.serve().await;
    for address in ["zoe@b.example", "zoe@c.example"] {
        let identity = ward.kratos.seed(Identity::verified(address));
        assert!(service.client.resolve(identity).await.created());
    }
    let (users,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM `user` WHERE nameID <> '' AND version = 0")
        .fetch_one(ward.db.pool())
        .await
        .unwrap();
    assert_eq!(users, 2);
}

#[tokio::test]
async fn rules_in_force_stand_in_what_is_pasted_as_they_are() {
    let ward = adopted(&[WIDE]).await;
    let mine =
        json!({"version": 7, "phone": "$$none", "settings": {"a": [1]}, "note": null, "bio": "$picture"});
    let file = Pasted::new(&mine.to_string());
    let paste = examine(&file.in_force(&ward.setup)).is(1).paste("error", "no rule fills");
    let pasted: Value = serde_json::from_str(&paste).unwrap();
    for (column, rule) in mine.as_object().unwrap() {
        assert_eq!(pasted[column], *rule, "{paste}");
    }
    assert_eq!(pasted["nameID"], "$slug");
    let whole = Pasted::new(&paste);
    examine(&whole.in_force(&ward.setup)).is(0);
}

#[tokio::test]
async fn a_column_that_no_rule_can_fill_is_told_apart() {
    let ward = adopted(&[
        "CREATE TABLE `user` (id CHAR(36) NOT NULL PRIMARY KEY, email VARCHAR(255), face BLOB NOT NULL,
        rank_ INT NOT NULL UNIQUE)",
    ])
    .await;
    let told = ward.examine();
    let found =
        told.is(1).only("error", "no rule can fill these required columns of user: face blob, rank_ int");
    assert!(found["fix"].as_str().unwrap().contains("DEFAULT"), "{found}");
    let told = examine(&ward.setup.clone().set("RESOLVER_PROVISIONING", "off"));
    told.is(10).only("warning", "no rule can fill");
}

#[tokio::test]
async fn settings_that_do_not_fit_the_table_are_errors() {
    let ward = adopted(&[WIDE]).await;
    let paste = ward.examine().paste("error", "no rule fills");
    let mut rules: Value = serde_json::from_str(&paste).unwrap();
    rules["nickname"] = json!("x");
    rules["version"] = json!("$email");
    let file = Pasted::new(&rules.to_string());
    let setup = file.in_force(&ward.setup).set("RESOLVER_USER_VERIFIED_COLUMN", "emailVerified");
    let told = examine(&setup);
    told.is(1).only("error", "RESOLVER_USER_COLUMNS_FILE: column nickname is not in the table user");
    told.only("error", "RESOLVER_USER_COLUMNS_FILE: column version is int");
    told.only("error", "RESOLVER_USER_VERIFIED_COLUMN: the table user has no column of that name");
}

#[tokio::test]
async fn a_unique_column_whose_rule_repeats_is_a_warning() {
    let ward = adopted(&[WIDE]).await;
    let paste = ward.examine().paste("error", "no rule fills");
    let file = Pasted::new(&paste.replace("$slug", "$emailLocalPart"));
    examine(&file.in_force(&ward.setup)).is(10).only("warning", "column nameID is unique");
}

#[tokio::test]
async fn a_column_that_refers_to_another_table_is_left_to_a_person() {
    let ward = adopted(&[
        "CREATE TABLE role (id INT NOT NULL PRIMARY KEY) ENGINE=InnoDB",
        "INSERT INTO role VALUES (7)",
        "CREATE TABLE `user` (id CHAR(36) NOT NULL PRIMARY KEY, email VARCHAR(255), roleId INT NOT NULL, \
         phone VARCHAR(9) NOT NULL, FOREIGN KEY (roleId) REFERENCES role (id)) ENGINE=InnoDB",
    ])
    .await;
    let told = ward.examine();
    let paste = told.is(1).paste("error", "no rule fills these required columns of user: phone varchar(9)");
    assert_eq!(serde_json::from_str::<Value>(&paste).unwrap(), json!({ "phone": "" }));
    told.only("error", "which refer to another table: roleId int");
    let file = Pasted::new(r#"{"phone": "", "roleId": 7}"#);
    let setup = file.in_force(&ward.setup);
    examine(&setup).is(0).only("ok", "required columns are filled");
    let identity = ward.kratos.seed(Identity::verified("zoe@b.example"));
    assert!(setup.serve().await.client.resolve(identity).await.created());
}
