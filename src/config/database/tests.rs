//! The database section: what a URL may be, and when TLS is required.

use super::*;

fn faults(pairs: &[(&str, &str)]) -> String {
    Database::load(&Source::from_pairs(pairs.iter().copied())).unwrap_err().to_string()
}

fn load(url: &str) -> Database {
    Database::load(&Source::from_pairs([("DATABASE_URL", url)])).unwrap()
}

#[test]
fn the_section_needs_nothing_but_the_url() {
    let database = load("mysql://u:p@db.example/app");
    assert_eq!(database.pool_size, 16);
    assert_eq!(database.pool_wait, Duration::from_millis(300));
    assert_eq!(database.unit_of_work, Duration::from_millis(2500));
    assert_eq!(database.lease, Duration::from_secs(15));
}

#[test]
fn a_missing_url_is_a_fault_that_names_both_ways_to_give_it() {
    let fault = faults(&[]);
    assert!(fault.starts_with("DATABASE_URL: is not set; give mysql://"), "{fault}");
    assert!(fault.contains("DATABASE_URL_FILE"), "{fault}");
}

#[test]
fn a_url_that_cannot_be_meant_is_a_fault_without_a_word_of_it() {
    let bad = [
        "canary",
        "postgres://canary:canary@canary/app",
        "mysql://canary:canary@host",
        "mysql://canary:canary@host/",
        "mysql://canary:1#canary@host/app",
        "mysql://canary:1/canary@host/app",
        "mysql://canary:canary@host/app/canary",
        "mysql://canary:canary@host:99999/app",
        "mysql://canary:canary@host/app?ssl-mode=canary",
        "mysql://canary:canary@host/app?ssl-mode=REQUIRED&sslmode=disabled",
    ];
    for url in bad {
        let fault = faults(&[("DATABASE_URL", url)]);
        assert!(fault.starts_with("DATABASE_URL: "), "{fault}");
        assert!(!fault.contains("canary"), "{fault}");
    }
}

#[test]
fn a_remote_host_needs_tls_and_a_near_one_does_not() {
    let remote =
        ["mysql://u:p@db.example/app", "mariadb://u@10.0.0.1:3306/app", "mysql://u@localhost.example/app"];
    for url in remote {
        assert!(load(url).needs_tls(), "{url}");
    }
    let near = [
        "mysql://u:p@127.0.0.1:3306/app",
        "mysql://u:p@127.8.9.1/app",
        "mysql://u:p@[::1]/app",
        "mysql://u:p@LocalHost/app",
        "mysql://u:p@db.example/app?socket=/run/db.sock",
        "mysql:///app",
    ];
    for url in near {
        assert!(!load(url).needs_tls(), "{url}");
    }
}

#[test]
fn a_remote_url_that_turns_tls_off_is_a_fault_until_the_setting_does_too() {
    for mode in ["DISABLED", "preferred"] {
        let url = format!("mysql://u:p@db.example/app?ssl-mode={mode}");
        let fault = faults(&[("DATABASE_URL", &url)]);
        assert!(fault.contains("RESOLVER_DATABASE_TLS=off"), "{fault}");
        let source = Source::from_pairs([("DATABASE_URL", url.as_str()), ("RESOLVER_DATABASE_TLS", "off")]);
        assert!(!Database::load(&source).unwrap().needs_tls());
    }
}

#[test]
fn a_near_database_may_be_reached_without_tls() {
    assert!(!load("mysql://u:p@127.0.0.1/app?ssl-mode=DISABLED").needs_tls());
}

#[test]
fn an_unknown_word_for_tls_is_a_fault() {
    let fault = faults(&[("DATABASE_URL", "mysql://u@localhost/app"), ("RESOLVER_DATABASE_TLS", "canary")]);
    assert_eq!(fault, "RESOLVER_DATABASE_TLS: is not of the right form; give required or off");
}

#[test]
fn the_place_of_the_database_is_told_without_user_password_and_parameters() {
    let database = load("mysql://canary:canary@db.example/app?ssl-ca=/canary");
    assert_eq!(database.place(), "mysql://db.example:3306/app");
}
