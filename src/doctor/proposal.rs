//! A file for `RESOLVER_USER_COLUMNS_FILE`: the rules in force, and a guess for each required column without one, by
//! its type and its name. Every guess fits its column; whether it means the right thing is for a person to say. What
//! may let somebody in, such as a password, is never the same for two people, nor known to anybody.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    domain::user_columns::{Fill, Literal, Variable},
    storage::user::Gap,
};

/// What is proposed.
pub(super) struct Proposal {
    /// The whole file.
    pub(super) file: String,
    /// Name and type of each column that the file fills and nothing did before.
    pub(super) filled: Vec<String>,
    /// The same of those that no rule can fill.
    pub(super) unfillable: Vec<String>,
    /// The same of those that refer to another table, and to what: which of its rows, only a person knows.
    pub(super) referring: Vec<String>,
}

pub(super) fn propose(rules: &BTreeMap<String, Fill>, gaps: &[Gap]) -> Proposal {
    let mut file: Map<String, Value> =
        rules.iter().map(|(name, fill)| (name.clone(), written(fill))).collect();
    let (mut filled, mut unfillable, mut referring) = (Vec::new(), Vec::new(), Vec::new());
    for gap in gaps {
        let told = format!("{} {}", gap.column, gap.kind);
        match (&gap.refers_to, value(gap)) {
            (Some(target), _) => referring.push(format!("{told} ({target})")),
            (None, Some(value)) => {
                file.insert(gap.column.clone(), value);
                filled.push(told);
            }
            (None, None) => unfillable.push(told),
        }
    }
    let file = serde_json::to_string_pretty(&file).unwrap_or_default();
    Proposal { file, filled, unfillable, referring }
}

/// As the settings file writes it.
fn written(fill: &Fill) -> Value {
    match fill {
        Fill::Variable(variable) => Value::String(variable.as_str().to_owned()),
        Fill::Literal(Literal::Null) => Value::Null,
        Fill::Literal(Literal::Boolean(truth)) => Value::Bool(*truth),
        Fill::Literal(Literal::Number(text) | Literal::Json(text)) => {
            serde_json::from_str(text).unwrap_or_default()
        }
        Fill::Literal(Literal::Text(text)) if text.starts_with('$') => Value::String(format!("${text}")),
        Fill::Literal(Literal::Text(text)) => Value::String(text.clone()),
    }
}

/// `None` where no rule fits, or none that two people could both be given.
fn value(gap: &Gap) -> Option<Value> {
    let kind = gap.kind.to_ascii_lowercase();
    let word = kind.split(|sign: char| !sign.is_ascii_alphanumeric()).next().unwrap_or_default();
    // The server computes it, so there is nothing to write.
    if gap.column.eq_ignore_ascii_case("email") {
        return None;
    }
    if gap.holds_json {
        return (!gap.is_unique).then(|| json!({}));
    }
    let variable = |variable: Variable| Some(Value::String(variable.as_str().to_owned()));
    match word {
        "uuid" => variable(Variable::Uuid),
        "datetime" | "timestamp" | "date" => variable(Variable::Now),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" if lets_in(&gap.column) => {
            variable(Variable::Uuid).filter(|_| holds_a_uuid(&kind))
        }
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" if gap.is_unique => {
            variable(if kind == "char(36)" { Variable::Uuid } else { Variable::Slug })
        }
        "char" if kind == "char(36)" => variable(Variable::Uuid),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
            Some(text(&gap.column, &kind))
        }
        _ if gap.is_unique => None,
        "tinyint" if kind.starts_with("tinyint(1)") => Some(json!(false)),
        "bit" => Some(json!(false)),
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" | "decimal" | "float" | "double" => {
            Some(json!(0))
        }
        "time" => Some(json!("00:00:00")),
        "set" => Some(json!("")),
        _ => None,
    }
}

/// Whether a platform may take what stands there, or nothing at all, for the proof of who somebody is.
fn lets_in(column: &str) -> bool {
    let plain = plain(column);
    ["password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "hash", "salt"]
        .iter()
        .any(|part| plain.contains(part))
}

/// Of the texts, those that tell no length hold enough.
fn holds_a_uuid(kind: &str) -> bool {
    let length = kind.split(['(', ')']).nth(1).and_then(|length| length.parse::<u32>().ok());
    length.is_none_or(|length| length >= 36)
}

fn plain(column: &str) -> String {
    column.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn text(column: &str, kind: &str) -> Value {
    let plain = plain(column);
    let has = |parts: &[&str]| parts.iter().any(|part| plain.contains(part));
    let variable = if has(&["uuid", "guid"]) && kind == "varchar(36)" {
        Variable::Uuid
    } else if has(&["mail", "upn"]) {
        Variable::Email
    } else if has(&["firstname", "givenname", "forename"]) {
        Variable::FirstName
    } else if has(&["lastname", "surname", "familyname"]) {
        Variable::LastName
    } else if has(&["username", "nickname", "login", "handle"]) {
        Variable::EmailLocalPart
    } else if has(&["displayname", "fullname"]) || plain == "name" {
        Variable::DisplayName
    } else if has(&["picture", "avatar", "photo"]) {
        Variable::Picture
    } else {
        return json!("");
    };
    Value::String(variable.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(column: &str, kind: &str) -> Gap {
        let (column, kind) = (column.to_owned(), kind.to_owned());
        Gap { column, kind, is_unique: false, holds_json: false, refers_to: None }
    }

    #[test]
    fn a_guess_goes_by_type_and_name() {
        for (column, kind, wanted) in [
            ("seenAt", "datetime(6)", json!("$now")),
            ("tenant", "char(36)", json!("$uuid")),
            ("externalGuid", "varchar(36)", json!("$uuid")),
            ("account_upn", "varchar(128)", json!("$email")),
            ("display_name", "varchar(64)", json!("$displayName")),
            ("userName", "varchar(64)", json!("$emailLocalPart")),
            ("avatarUrl", "text", json!("$picture")),
            ("bio", "text", json!("")),
            ("version", "int(10) unsigned", json!(0)),
            ("isAdmin", "tinyint(1)", json!(false)),
            ("price", "decimal(4,2)", json!(0)),
            ("flags", "set('a','b')", json!("")),
            ("wakes", "time", json!("00:00:00")),
        ] {
            assert_eq!(value(&gap(column, kind)), Some(wanted), "{column} {kind}");
        }
        assert_eq!(value(&Gap { holds_json: true, ..gap("settings", "longtext") }), Some(json!({})));
    }

    #[test]
    fn what_must_differ_is_given_what_never_repeats_or_nothing() {
        let unique = |kind: &str| value(&Gap { is_unique: true, ..gap("x", kind) });
        assert_eq!(unique("varchar(36)"), Some(json!("$slug")));
        assert_eq!(unique("char(36)"), Some(json!("$uuid")));
        assert_eq!(unique("int(11)"), None);
    }

    #[test]
    fn what_may_let_somebody_in_is_never_empty_nor_to_be_guessed() {
        for (column, kind) in [
            ("password", "varchar(255)"),
            ("passwordHash", "char(60)"),
            ("reset_token", "varchar(36)"),
            ("API_KEY", "text"),
        ] {
            for is_unique in [false, true] {
                let guess = value(&Gap { is_unique, ..gap(column, kind) });
                assert_eq!(guess, Some(json!("$uuid")), "{column} {kind}");
            }
        }
        assert_eq!(value(&gap("password", "varchar(32)")), None, "an end of the user's id is no secret");
    }

    #[test]
    fn what_no_rule_fits_is_not_guessed_at() {
        for kind in ["blob", "varbinary(16)", "geometry", "inet6"] {
            assert_eq!(value(&gap("x", kind)), None, "{kind}");
        }
        assert_eq!(value(&gap("email", "varchar(255)")), None);
    }

    #[test]
    fn rules_in_force_are_written_as_they_were_read() {
        let literal = |literal| Fill::Literal(literal);
        let rules = BTreeMap::from([
            ("a".to_owned(), literal(Literal::Text("$now".to_owned()))),
            ("b".to_owned(), literal(Literal::Json(r#"{"x":[1]}"#.to_owned()))),
            ("c".to_owned(), literal(Literal::Number("2.5".to_owned()))),
            ("d".to_owned(), Fill::Variable(Variable::Slug)),
            ("e".to_owned(), literal(Literal::Null)),
        ]);
        let file: Value = serde_json::from_str(&propose(&rules, &[gap("f", "bit(1)")]).file).unwrap();
        let wanted = json!({"a": "$$now", "b": {"x": [1]}, "c": 2.5, "d": "$slug", "e": null, "f": false});
        assert_eq!(file, wanted);
    }
}
