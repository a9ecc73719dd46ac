//! Settings as an operator meets them: `config`, faults all at once, flags, secrets from files.

use crate::support::service::{Finished, Setup};
use std::path::PathBuf;

const DATABASE: &str = "mysql://someone:CanaryPassword@127.0.0.1:1/users";
const KRATOS: &str = "http://127.0.0.1:2";

fn setup() -> Setup {
    Setup::new(DATABASE, KRATOS)
}

fn is_wrong(done: &Finished, names: &[&str]) {
    assert_eq!(done.code, Some(2), "{}", done.text());
    for name in names {
        assert!(done.text().contains(name), "{name} is not named:\n{}", done.text());
    }
}

/// A file of its own that goes when it goes out of scope.
struct Secret(PathBuf);

impl Secret {
    fn new(name: &str, text: &str) -> Secret {
        let path = std::env::temp_dir().join(format!("ir_test_{}_{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Secret(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

#[test]
fn config_prints_the_settings_and_no_secret() {
    let done = setup().set("KRATOS_ADMIN_TOKEN", "CanaryToken").run(&["config"]);
    assert_eq!(done.code, Some(0), "{}", done.text());
    for shown in
        ["RESOLVER_LISTEN", "RESOLVER_REQUEST_DEADLINE_MILLIS", "127.0.0.1:1/users", KRATOS, "redacted"]
    {
        assert!(done.stdout.contains(shown), "{shown}:\n{}", done.stdout);
    }
    assert!(!done.text().contains("Canary"), "{}", done.text());
    assert!(!done.text().contains("someone"), "{}", done.text());
}

#[test]
fn all_faults_are_told_at_once_by_name_and_never_by_value() {
    let faulty = Setup::empty()
        .set("DATABASE_URL", "CanaryUrl")
        .set("RESOLVER_LISTEN", "CanaryListen")
        .set("RESOLVER_LINKING", "CanaryLinking")
        .set("RESOLVER_KRATOS_TOTAL_MILLIS", "CanaryMillis")
        .set("RESOLVER_DRAIN_ACCEPT_SECONDS", "999")
        .set("RESOLVER_LISTNE", "CanaryUnknown");
    let names = [
        "DATABASE_URL",
        "KRATOS_ADMIN_URL",
        "RESOLVER_LISTEN",
        "RESOLVER_LINKING",
        "RESOLVER_KRATOS_TOTAL_MILLIS",
        "RESOLVER_DRAIN_ACCEPT_SECONDS",
        "RESOLVER_LISTNE",
    ];
    for command in ["config", "serve"] {
        let done = faulty.run(&[command]);
        is_wrong(&done, &names);
        assert!(!done.text().contains("Canary"), "{}", done.text());
    }
}

#[test]
fn an_unknown_variable_of_ours_is_a_fault_and_those_of_kubernetes_are_not() {
    is_wrong(&setup().set("RESOLVER_BODY_MILIS", "1").run(&["config"]), &["RESOLVER_BODY_MILIS"]);
    let kubernetes = [
        ("RESOLVER_SERVICE_HOST", "10.0.0.1"),
        ("RESOLVER_SERVICE_PORT", "80"),
        ("RESOLVER_PORT", "tcp://10.0.0.1:8080"),
        ("RESOLVER_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("RESOLVER_PORT_8080_TCP_ADDR", "10.0.0.1"),
    ];
    let done = setup().with(&kubernetes).run(&["config"]);
    assert_eq!(done.code, Some(0), "{}", done.text());
}

#[test]
fn a_flag_wins_over_its_variable() {
    let done = setup().set("RESOLVER_LISTEN", "127.0.0.1:1111").run(&[
        "config",
        "--resolver-listen",
        "127.0.0.1:2222",
    ]);
    assert_eq!(done.code, Some(0), "{}", done.text());
    assert!(
        done.stdout.contains("127.0.0.1:2222") && !done.stdout.contains("127.0.0.1:1111"),
        "{}",
        done.stdout
    );
}

#[test]
fn secrets_have_no_flag() {
    for flag in ["--database-url", "--kratos-admin-token"] {
        let done = setup().run(&["config", flag, "CanaryFlag"]);
        assert_eq!(done.code, Some(2), "{flag}: {}", done.text());
    }
}

#[test]
fn a_secret_comes_from_a_file_or_from_a_variable_but_not_from_both() {
    let file = Secret::new("url", &format!("{DATABASE}\n"));
    let from_file = setup().without("DATABASE_URL").set("DATABASE_URL_FILE", file.path());
    let done = from_file.run(&["config"]);
    assert_eq!(done.code, Some(0), "{}", done.text());
    assert!(done.stdout.contains("127.0.0.1:1/users"), "{}", done.stdout);
    is_wrong(&from_file.set("DATABASE_URL", DATABASE).run(&["config"]), &["DATABASE_URL"]);
}

#[test]
fn a_secret_file_that_is_not_there_or_empty_is_a_fault() {
    let empty = Secret::new("empty", "\n");
    for path in ["/nonexistent/secret", empty.path()] {
        let done = setup().set("KRATOS_ADMIN_TOKEN_FILE", path).run(&["config"]);
        is_wrong(&done, &["KRATOS_ADMIN_TOKEN"]);
    }
}

#[test]
fn a_deadline_shorter_than_what_kratos_may_take_is_a_fault() {
    let done = setup().set("RESOLVER_REQUEST_DEADLINE_MILLIS", "500").run(&["config"]);
    is_wrong(&done, &["RESOLVER_REQUEST_DEADLINE_MILLIS"]);
}

#[test]
fn a_remote_database_needs_tls_unless_it_is_said_that_it_does_not() {
    let bare = setup().set("DATABASE_URL", "mysql://a:b@db.example:3306/users?ssl-mode=DISABLED");
    is_wrong(&bare.run(&["config"]), &["DATABASE_URL"]);
    let allowed = bare.set("RESOLVER_DATABASE_TLS", "off").run(&["config"]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.text());
}

#[test]
fn a_bad_log_filter_is_a_fault_and_not_silence() {
    is_wrong(&setup().set("RUST_LOG", "!!!=what").run(&["config"]), &["RUST_LOG"]);
}

#[test]
fn wrong_usage_is_2_and_help_is_0() {
    for wrong in [vec!["nonsense"], vec!["serve", "--nonsense"], vec!["migrate", "sideways"], vec![]] {
        assert_eq!(setup().run(&wrong).code, Some(2), "{wrong:?}");
    }
    for fine in [vec!["--help"], vec!["help", "serve"], vec!["--version"], vec!["migrate", "--help"]] {
        assert_eq!(setup().run(&fine).code, Some(0), "{fine:?}");
    }
    assert!(setup().run(&["--version"]).stdout.contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_flag_before_the_word_of_migrate_counts_like_one_behind_it() {
    for arguments in [
        ["migrate", "--resolver-lease-seconds", "banana", "up"],
        ["migrate", "up", "--resolver-lease-seconds", "banana"],
    ] {
        is_wrong(&setup().run(&arguments), &["RESOLVER_LEASE_SECONDS"]);
    }
}
