//! The settings as a whole: every number's bounds, all faults at once, and no secret anywhere.

use super::*;

const URLS: [(&str, &str); 2] = [
    ("DATABASE_URL", "mysql://canary-user:canary-password@127.0.0.1:3306/app"),
    ("KRATOS_ADMIN_URL", "http://k:4434"),
];

fn source(pairs: &[(&str, &str)]) -> Source {
    let kept = URLS.into_iter().filter(|(name, _)| pairs.iter().all(|(other, _)| name != other));
    Source::from_pairs(kept.chain(pairs.iter().copied()))
}

fn faults(pairs: &[(&str, &str)]) -> Vec<String> {
    match Config::load(&source(pairs)) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

fn numbers() -> impl Iterator<Item = (&'static str, u64, u64)> {
    SETTINGS.iter().filter_map(|setting| match setting.form {
        Form::Number { least, most, .. } => Some((setting.name, least, most)),
        Form::Text(_) => None,
    })
}

#[test]
fn the_two_urls_are_all_that_must_be_given() {
    assert_eq!(faults(&[]), Vec::<String>::new());
    let missing = Config::load(&Source::default()).unwrap_err();
    let names: Vec<&str> = missing.iter().map(|fault| fault.setting.as_str()).collect();
    assert_eq!(names, ["DATABASE_URL", "KRATOS_ADMIN_URL"]);
}

#[test]
fn a_number_beyond_its_bounds_is_a_fault_that_tells_the_bounds() {
    for (name, least, most) in numbers() {
        let below = least.checked_sub(1).map(|number| number.to_string());
        let beyond = [Some((most + 1).to_string()), Some("99999999999999999999999".to_owned()), below];
        for value in beyond.into_iter().flatten() {
            let found = faults(&[(name, &value)]);
            let wanted = format!("{name}: is out of range; give {least} to {most}");
            assert!(found.iter().any(|fault| fault.starts_with(&wanted)), "{name}={value}: {found:?}");
        }
    }
}

#[test]
fn a_number_at_its_bounds_is_taken() {
    for (name, least, most) in numbers() {
        for value in [least, most] {
            let found = faults(&[(name, &value.to_string())]);
            assert!(!found.iter().any(|fault| fault.contains("range")), "{name}={value}: {found:?}");
        }
    }
}

#[test]
fn what_is_not_a_whole_number_is_a_fault() {
    for (name, ..) in numbers() {
        for value in ["canary", "-1", "+5", "1.5", "5s", " 5", "0x5", "1_000", "٣"] {
            let found = faults(&[(name, value)]);
            assert!(
                found.len() == 1 && found[0].starts_with(&format!("{name}: is not a whole number")),
                "{found:?}"
            );
            assert!(!found[0].contains("canary"), "{found:?}");
        }
    }
}

#[test]
fn an_empty_value_is_a_fault_of_every_setting() {
    for name in setting::known_names() {
        // The file of a secret beside the secret itself would be another fault.
        let all = source(&[(&name, "")]);
        let faults = Config::load(&all).unwrap_err().to_string();
        assert!(faults.contains(&format!("{name}: is set but empty; leave it out, or give ")), "{faults}");
    }
}

#[test]
fn every_setting_is_read_by_a_section() {
    // A value of every setting that is refused whatever it is for; what nothing reads would go unnoticed.
    let pairs: Vec<(&str, &str)> = SETTINGS.iter().map(|setting| (setting.name, "")).collect();
    let found = faults(&pairs);
    for setting in SETTINGS {
        assert!(
            found.iter().any(|fault| fault.starts_with(&format!("{}: ", setting.name))),
            "{}",
            setting.name
        );
    }
    assert_eq!(found.len(), SETTINGS.len());
}

#[test]
fn all_faults_of_all_sections_are_told_at_once() {
    let pairs = [
        ("DATABASE_URL", "canary"),
        ("KRATOS_ADMIN_URL", "canary"),
        ("RESOLVER_POOL_SIZE", "canary"),
        ("RESOLVER_LISTEN", "canary"),
        ("RESOLVER_LINKING", "canary"),
        ("RESOLVER_DRAIN_SECONDS", "0"),
        ("RESOLVER_POOL_SIZES", "canary"),
    ];
    let found = faults(&pairs);
    for (name, _) in pairs {
        assert!(found.iter().any(|fault| fault.starts_with(&format!("{name}: "))), "{name}: {found:?}");
    }
    assert_eq!(found.len(), pairs.len());
    assert!(!found.concat().contains("canary"), "{found:?}");
}

#[test]
fn the_deadline_of_a_call_must_outlast_the_time_of_kratos() {
    let wanted = "RESOLVER_REQUEST_DEADLINE_MILLIS: is not longer than RESOLVER_KRATOS_TOTAL_MILLIS; give more than that";
    assert_eq!(faults(&[("RESOLVER_REQUEST_DEADLINE_MILLIS", "2000")]), [wanted]);
    assert_eq!(faults(&[("RESOLVER_KRATOS_TOTAL_MILLIS", "3000")]), [wanted]);
    assert!(faults(&[("RESOLVER_REQUEST_DEADLINE_MILLIS", "2001")]).is_empty());
    let batch = wanted.replace("REQUEST_DEADLINE", "BATCH_DEADLINE");
    assert_eq!(faults(&[("RESOLVER_BATCH_DEADLINE_MILLIS", "2000")]), [batch]);
}

#[test]
fn an_unknown_variable_is_a_fault_of_every_section() {
    let stranger = [("RESOLVER_LISTENN", "x")];
    let wanted = "RESOLVER_LISTENN: is unknown; did you mean RESOLVER_LISTEN?";
    assert_eq!(faults(&stranger), [wanted]);
    assert_eq!(Database::load(&source(&stranger)).unwrap_err().to_string(), wanted);
    assert_eq!(Http::load(&source(&stranger)).unwrap_err().to_string(), wanted);
}

#[test]
fn faults_of_two_sections_are_joined_without_repeating_any() {
    let stranger = source(&[("RESOLVER_LISTENN", "x"), ("RESOLVER_POOL_SIZE", "1")]);
    let joined = Database::load(&stranger).unwrap_err().and(Http::load(&stranger).unwrap_err());
    assert_eq!(joined.iter().count(), 2, "{joined}");
}

#[test]
fn no_secret_is_in_the_debug_form_or_in_what_is_printed() {
    let source = source(&[("KRATOS_ADMIN_TOKEN", "canary-token")]);
    let config = Config::load(&source).unwrap();
    let printed: Vec<String> = config.effective(&source).iter().map(ToString::to_string).collect();
    let everything = format!("{config:?} {config:#?} {}", printed.join("\n"));
    assert!(!everything.contains("canary"), "{everything}");
}

#[test]
fn what_is_printed_tells_each_setting_its_value_and_its_origin() {
    let source = source(&[("KRATOS_ADMIN_TOKEN", "canary-token"), ("RESOLVER_POOL_SIZE", "7")]);
    let config = Config::load(&source).unwrap();
    let lines: Vec<String> = config.effective(&source).iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), SETTINGS.len());
    for line in [
        "DATABASE_URL=mysql://127.0.0.1:3306/app (variable)",
        "KRATOS_ADMIN_TOKEN=[redacted] (variable)",
        "KRATOS_CA_FILE is not set",
        "RESOLVER_POOL_SIZE=7 (variable)",
        "RESOLVER_LISTEN=127.0.0.1:8080 (preset)",
    ] {
        assert!(lines.contains(&line.to_owned()), "{lines:#?}");
    }
}

#[test]
fn what_came_by_a_flag_says_so() {
    let source = source(&[]).with_flags([("RESOLVER_LINKING", "review".to_owned())]);
    let config = Config::load(&source).unwrap();
    let linking = config.effective(&source).into_iter().find(|one| one.name == "RESOLVER_LINKING").unwrap();
    assert_eq!(linking.to_string(), "RESOLVER_LINKING=review (flag)");
}
