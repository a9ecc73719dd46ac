//! `RESOLVER_USER_COLUMNS_FILE` and `RESOLVER_USER_VERIFIED_COLUMN`: what is checked at the start, what a newcomer
//! is told where the table asks for what nobody filled.

use super::shapes::{ADA, LATIN1, TYPEORM, TYPEORM_RULES, UNIQUE_EMAIL};
use super::{Foreign, RulesFile};
use crate::support::answer::Answer;
use crate::support::log::field;
use crate::support::service::PATIENCE;
use fake_kratos::Identity;

async fn fault(rules: &str) -> String {
    let foreign = Foreign::new(&TYPEORM).await.with_rules(rules);
    foreign.setup.migrate();
    let done = foreign.setup.run(&["serve"]);
    assert_eq!(done.code, Some(2), "{}", done.text());
    done.stderr
}

#[tokio::test]
async fn a_rule_that_does_not_fit_its_column_is_a_fault_at_the_start() {
    let said = fault(
        r#"{"nickname": "x", "version": "$email", "phone": null, "gender": "unknown", "serviceProfile": 4711,
            "nameID": "a text that is longer than thirty-six letters", "createdDate": "$now"}"#,
    )
    .await;
    for wanted in [
        "RESOLVER_USER_COLUMNS_FILE: column nickname is not in the table user",
        "column version is int",
        "column phone is varchar(255) NOT NULL, which the rule does not fit",
        "column gender is enum('none','other')",
        "column serviceProfile is tinyint",
        "column nameID is varchar(36)",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(!said.contains("createdDate"), "{said}");
}

#[tokio::test]
async fn a_rule_for_a_generated_column_is_a_fault_at_the_start() {
    let foreign = Foreign::new(&[
        TYPEORM[0],
        "ALTER TABLE `user` ADD COLUMN fullName VARCHAR(200) AS (CONCAT(firstName, ' ', lastName)) STORED",
    ])
    .await
    .with_rules(r#"{"fullName": "$displayName"}"#);
    foreign.setup.migrate();
    let done = foreign.setup.run(&["serve"]);
    assert!(done.code == Some(2) && done.stderr.contains("fullName is generated"), "{}", done.text());
}

#[tokio::test]
async fn a_verified_column_that_is_not_there_is_a_fault_at_the_start() {
    let foreign = Foreign::new(&TYPEORM).await;
    foreign.setup.migrate();
    let done = foreign.setup.clone().set("RESOLVER_USER_VERIFIED_COLUMN", "emailVerified").run(&["serve"]);
    assert_eq!(done.code, Some(2), "{}", done.text());
    assert!(done.stderr.contains("RESOLVER_USER_VERIFIED_COLUMN"), "{}", done.stderr);
}

fn is_impossible(answer: &Answer) {
    assert_eq!(answer.refusal(), (503, "provisioning_impossible".to_owned()), "{answer}");
    assert_eq!(answer.json()["retryable"], false);
}

#[tokio::test]
async fn required_columns_that_nothing_fills_stop_newcomers_and_nobody_else() {
    let (foreign, service) = Foreign::new(&TYPEORM).await.adopted().await;
    service.log().wait_for("a warning", PATIENCE, |event| {
        let columns = field(event, "columns").as_str().unwrap_or_default();
        ["version int", "nameID varchar(36)", "serviceProfile"].iter().all(|part| columns.contains(part))
    });
    let newcomer = foreign.kratos.seed(Identity::verified("new@b.example"));
    is_impossible(&service.client.resolve(newcomer).await);
    let adas = foreign.kratos.seed(Identity::verified("ada@b.example"));
    assert_eq!(service.client.resolve(adas).await.user(), ADA);
    assert_eq!(service.client.resolve(adas).await.user(), ADA);
    service.ready().await;
    assert_eq!((foreign.db.history().await.len(), foreign.db.claims().await.len()), (1, 0));
}

#[tokio::test]
async fn a_row_that_the_platform_itself_refuses_is_not_a_bug_of_ours() {
    let foreign = Foreign::new(&[TYPEORM[0], "ALTER TABLE `user` ADD CHECK (version > 1)"]).await;
    let (foreign, service) = foreign.with_rules(TYPEORM_RULES).adopted().await;
    let newcomer = foreign.kratos.seed(Identity::verified("new@b.example"));
    is_impossible(&service.client.resolve(newcomer).await);
}

#[tokio::test]
async fn a_unique_column_whose_rule_gives_two_people_the_same_stops_the_second() {
    let rules = TYPEORM_RULES.replace("$slug", "$emailLocalPart");
    let (foreign, service) = Foreign::new(&TYPEORM).await.with_rules(&rules).adopted().await;
    service.log().wait_for("a warning", PATIENCE, |event| event.to_string().contains("nameID is unique"));
    let first = foreign.kratos.seed(Identity::verified("zoe@b.example"));
    assert!(service.client.resolve(first).await.created());
    let second = foreign.kratos.seed(Identity::verified("zoe@c.example"));
    is_impossible(&service.client.resolve(second).await);
}

#[tokio::test]
async fn columns_that_are_unique_together_stop_the_second_of_two_who_are_given_the_same() {
    let key = "ALTER TABLE `user` ADD UNIQUE KEY together (version, phone)";
    for (rules, is_told_apart) in
        [(TYPEORM_RULES.to_owned(), false), (TYPEORM_RULES.replace("\"\"", "\"$uuid\""), true)]
    {
        let foreign = Foreign::new(&[TYPEORM[0], key]).await.with_rules(&rules);
        let (foreign, service) = foreign.adopted().await;
        let newcomers =
            ["zoe@b.example", "yan@b.example"].map(|it| foreign.kratos.seed(Identity::verified(it)));
        assert!(service.client.resolve(newcomers[0]).await.created());
        let second = service.client.resolve(newcomers[1]).await;
        if is_told_apart {
            assert!(second.created());
        } else {
            is_impossible(&second);
            service.log().wait_for("a warning", PATIENCE, |event| {
                event.to_string().contains("columns version, phone are unique together")
            });
        }
    }
}

#[tokio::test]
async fn an_address_that_the_platforms_unique_key_takes_for_another_is_ambiguous() {
    let (foreign, service) = Foreign::new(&UNIQUE_EMAIL).await.adopted().await;
    let accented = foreign.kratos.seed(Identity::verified("böb@b.example"));
    let answer = service.client.resolve(accented).await;
    assert_eq!(answer.refusal(), (409, "identity_email_ambiguous".to_owned()));
    assert_eq!(foreign.db.refusals().await.len(), 1);
}

#[tokio::test]
async fn an_address_that_does_not_fit_the_platforms_column_is_invalid() {
    let (foreign, service) = Foreign::new(&UNIQUE_EMAIL).await.adopted().await;
    let long = foreign.kratos.seed(Identity::verified(format!("a@{}.example", "b".repeat(120))));
    let answer = service.client.resolve(long).await;
    assert_eq!(answer.refusal(), (422, "identity_traits_invalid".to_owned()));
}

#[tokio::test]
async fn an_address_with_letters_that_the_platforms_column_lacks_is_invalid() {
    let (foreign, service) = Foreign::new(&LATIN1).await.adopted().await;
    let foreigner = foreign.kratos.seed(Identity::verified("łuk@b.example"));
    let answer = service.client.resolve(foreigner).await;
    assert_eq!(answer.refusal(), (422, "identity_traits_invalid".to_owned()));
    let newcomer = foreign.kratos.seed(Identity::verified("zoë@b.example"));
    assert!(service.client.resolve(newcomer).await.created());
}

#[tokio::test]
async fn whoever_the_platform_knows_as_unverified_is_not_linked() {
    let foreign = Foreign::new(&UNIQUE_EMAIL).await;
    let setup = foreign.setup.clone().set("RESOLVER_USER_VERIFIED_COLUMN", "email_verified");
    let (foreign, service) = Foreign { setup, ..foreign }.adopted().await;
    let adas = foreign.kratos.seed(Identity::verified("ada@b.example"));
    assert_eq!(service.client.resolve(adas).await.user(), ADA);
    let bobs = foreign.kratos.seed(Identity::verified("bob@b.example"));
    let answer = service.client.resolve(bobs).await;
    assert_eq!(answer.refusal(), (409, "identity_link_requires_review".to_owned()));
}

#[tokio::test]
async fn every_variable_is_filled_and_every_rule_needs_its_file() {
    let rules = RulesFile::new(
        r#"{"a": "$email", "b": "$emailLocalPart", "c": "$firstName", "d": "$lastName", "e": "$displayName",
            "f": "$picture", "g": "$now", "h": "$uuid", "i": "$slug", "j": "$$now", "k": true, "l": 2.5}"#,
    );
    let foreign = Foreign::new(&["CREATE TABLE `user` (id CHAR(36) NOT NULL PRIMARY KEY, email VARCHAR(255),
        a VARCHAR(255) NOT NULL, b TEXT NOT NULL, c VARCHAR(2) NOT NULL, d VARCHAR(9) NOT NULL, e VARCHAR(99) NOT NULL,
        f VARCHAR(99) NOT NULL, g DATE NOT NULL, h CHAR(36) NOT NULL, i VARCHAR(30) NOT NULL, j VARCHAR(9) NOT NULL,
        k BIT(1) NOT NULL, l DECIMAL(4,2) NOT NULL)"])
    .await;
    let setup = foreign.setup.clone().set("RESOLVER_USER_COLUMNS_FILE", rules.path());
    let (foreign, service) = Foreign { setup, ..foreign }.adopted().await;
    let picture = serde_json::json!({"traits": {"email": "Zoe.Z@b.example", "name": {"first": "Zoë", "last": "Z"},
                                               "picture": "https://p.example/z"}});
    let zoe = foreign.kratos.seed(Identity::verified("Zoe.Z@b.example").overriding(picture));
    assert!(service.client.resolve(zoe).await.created());
    let row =
        "SELECT CONCAT_WS('|', a, b, c, d, e, f, LENGTH(g), LENGTH(h), LEFT(i, 4), j, k + 0, l) FROM `user`";
    assert_eq!(
        foreign.text(row).await.as_deref(),
        Some("Zoe.Z@b.example|Zoe.Z|Zo|Z|Zoë Z|https://p.example/z|10|36|zo-z|$now|1|2.50")
    );
}
