//! The Kratos section: URL, token, certificates, and limits that must fit each other.

use std::{env, fs};

use super::*;

const URL: (&str, &str) = ("KRATOS_ADMIN_URL", "http://kratos:4434");

fn load(pairs: &[(&str, &str)]) -> Result<Kratos, String> {
    let source = Source::from_pairs([URL].into_iter().chain(pairs.iter().copied()));
    Kratos::load(&source).map_err(|faults| faults.to_string())
}

/// A file that is there for one test.
struct TestFile(String);

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn file(name: &str, content: impl AsRef<[u8]>) -> TestFile {
    let path = env::temp_dir().join(format!("resolver-kratos-{}-{name}", std::process::id()));
    fs::write(&path, content).unwrap();
    TestFile(path.to_str().unwrap().to_owned())
}

#[test]
fn the_section_needs_nothing_but_the_url() {
    let kratos = load(&[]).unwrap();
    assert_eq!((kratos.connect.as_millis(), kratos.total.as_millis()), (500, 2000));
    assert_eq!((kratos.answer_max_bytes, kratos.concurrency), (262_144, 64));
    assert_eq!(kratos.page_max_bytes, 16_777_216);
    assert_eq!((kratos.breaker_failures, kratos.breaker_max.as_secs()), (5, 30));
    assert!(kratos.admin_token.is_none() && kratos.ca_file.is_none() && kratos.public_url.is_none());
}

#[test]
fn a_missing_admin_url_is_a_fault() {
    let fault = Kratos::load(&Source::default()).unwrap_err().to_string();
    assert!(fault.starts_with("KRATOS_ADMIN_URL: is not set; give http://HOST:PORT"), "{fault}");
}

#[test]
fn a_path_of_the_admin_url_is_kept() {
    for url in ["https://proxy.example/kratos/admin-api", "http://[::1]:4434/", "http://kratos:4434"] {
        let kratos = load(&[("KRATOS_ADMIN_URL", url)]).unwrap();
        assert_eq!(kratos.admin_url.as_str().trim_end_matches('/'), url.trim_end_matches('/'));
    }
}

#[test]
fn an_admin_url_with_a_user_a_query_or_another_scheme_is_a_fault_without_a_word_of_it() {
    let bad = [
        "canary",
        "kratos:4434",
        "ftp://canary",
        "http://canary@kratos",
        "http://canary:canary@kratos",
        "http://kratos?canary",
        "http://kratos#canary",
        "http://",
    ];
    for url in bad {
        let fault = load(&[("KRATOS_ADMIN_URL", url)]).unwrap_err();
        assert!(
            fault.starts_with("KRATOS_ADMIN_URL: is not of the right form; give http://"),
            "{url}: {fault}"
        );
        assert!(!fault.contains("canary"), "{fault}");
    }
}

#[test]
fn the_token_may_stand_in_a_file_and_loses_one_line_break() {
    for (name, content) in [("unix", "s3cret\n"), ("dos", "s3cret\r\n"), ("bare", "s3cret")] {
        let kratos = load(&[("KRATOS_ADMIN_TOKEN_FILE", &file(name, content).0)]).unwrap();
        assert_eq!(kratos.admin_token.unwrap().expose_secret(), "s3cret", "{name}");
    }
}

#[test]
fn a_token_given_twice_is_a_fault() {
    let both = [("KRATOS_ADMIN_TOKEN", "canary"), ("KRATOS_ADMIN_TOKEN_FILE", "/canary")];
    let wanted = "KRATOS_ADMIN_TOKEN: is given twice, also by KRATOS_ADMIN_TOKEN_FILE; keep one of the two";
    assert_eq!(load(&both).unwrap_err(), wanted);
}

#[test]
fn a_token_file_that_is_missing_empty_or_binary_is_a_fault_of_the_file_setting() {
    let files = [
        (file("empty", ""), "is empty"),
        (file("line-break", "\n"), "is empty"),
        (file("binary", [0xff, 0xfe]), "is not UTF-8"),
        (file("long", "x".repeat(1024 * 1024 + 1)), "more than 1 MiB"),
        (file("lines", "canary\ncanary\n"), "a line break"),
        (TestFile("/nowhere/canary".to_owned()), "cannot be read"),
    ];
    for (path, wanted) in files {
        let fault = load(&[("KRATOS_ADMIN_TOKEN_FILE", &path.0)]).unwrap_err();
        assert!(
            fault.starts_with("KRATOS_ADMIN_TOKEN_FILE: ") && fault.contains(wanted),
            "{wanted}: {fault}"
        );
        assert!(!fault.contains("canary"), "{fault}");
    }
}

#[test]
fn a_token_that_no_header_can_carry_is_a_fault() {
    for token in ["canary canary", "canäry", "canary\ncanary"] {
        let fault = load(&[("KRATOS_ADMIN_TOKEN", token)]).unwrap_err();
        assert!(fault.starts_with("KRATOS_ADMIN_TOKEN: "), "{fault}");
        assert!(!fault.contains("can"), "{fault}");
    }
}

#[test]
fn a_certificate_file_must_hold_a_certificate() {
    let good = file("good.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let found = load(&[("KRATOS_CA_FILE", &good.0)]).unwrap().ca_file;
    assert_eq!(found, Some(PathBuf::from(&good.0)));
    let key = file("key.pem", "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n");
    let fault = load(&[("KRATOS_CA_FILE", &key.0)]).unwrap_err();
    assert!(fault.starts_with("KRATOS_CA_FILE: names a file without a certificate"), "{fault}");
    let fault = load(&[("KRATOS_CA_FILE", "/nowhere/canary.pem")]).unwrap_err();
    assert!(fault.starts_with("KRATOS_CA_FILE: names a file that cannot be read"), "{fault}");
}

#[test]
fn connecting_may_not_take_longer_than_the_whole_call() {
    let fault = load(&[("RESOLVER_KRATOS_CONNECT_MILLIS", "2001")]).unwrap_err();
    let wanted =
        "RESOLVER_KRATOS_CONNECT_MILLIS: is longer than RESOLVER_KRATOS_TOTAL_MILLIS; give at most that";
    assert_eq!(fault, wanted);
}

#[test]
fn the_public_url_may_be_left_out_and_is_checked_as_the_admin_url_is() {
    let kratos = load(&[("KRATOS_PUBLIC_URL", "https://login.example/kratos")]).unwrap();
    assert_eq!(kratos.public_url.unwrap().as_str(), "https://login.example/kratos");
    for bad in ["", "canary", "ftp://canary", "http://canary@kratos", "http://kratos?canary"] {
        let fault = load(&[("KRATOS_PUBLIC_URL", bad)]).unwrap_err();
        assert!(fault.starts_with("KRATOS_PUBLIC_URL: ") && !fault.contains("canary"), "{fault}");
    }
}
