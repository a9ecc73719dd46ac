//! Email addresses: what counts as one, and when two are the same. Hidden in `Debug`, because they must
//! never reach a log.

use std::fmt;

pub use confusable::confusable;

mod confusable;

/// Octets before the `@`, and in all (RFC 5321 §4.5.3.1).
const LOCAL_MAX: usize = 64;
const ADDRESS_MAX: usize = 254;
/// Characters of `address_claim.address`: NFKC makes up to eighteen of one.
const KEY_MAX: usize = 255;

/// An address as its owner typed it, without blanks around it.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// The text is not an address, or does not fit; it carries nothing of that text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an email address, or too long")]
pub struct BadAddress;

impl EmailAddress {
    /// Takes what Kratos may hold, international and quoted local parts included; refuses what cannot be an
    /// address: no `@`, an empty side or one of invisible characters only, control characters, blanks outside
    /// quotes, too many octets, a `confusable()` form that no key can hold.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let address = text.trim();
        let (local, domain) = address.rsplit_once('@').ok_or(BadAddress)?;
        let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
        let fits = !local.is_empty() && local.len() <= LOCAL_MAX && address.len() <= ADDRESS_MAX;
        let domain_is_sound = !domain.is_empty() && !domain.chars().any(char::is_whitespace);
        let local_is_sound = quoted || !local.chars().any(|c| c.is_whitespace() || c == '@');
        let is_sound = fits && domain_is_sound && local_is_sound && !address.chars().any(char::is_control);
        if is_sound && is_key(&confusable(address)) { Ok(Self(address.to_owned())) } else { Err(BadAddress) }
    }

    /// As typed: for the row of a new user, and for nothing else.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.0
    }

    /// The form in which two addresses are compared: equal here is required to link.
    #[must_use]
    pub fn same(&self) -> String {
        same(&self.0)
    }

    /// The form that no two users made by this service may share.
    #[must_use]
    pub fn confusable(&self) -> String {
        confusable(&self.0)
    }

    /// What to ask the database for, most exact first. Only a filter: what it finds is compared once more.
    #[must_use]
    pub fn keys(&self) -> [String; 3] {
        let confusable = self.confusable();
        let in_punycode = confusable::in_punycode(&confusable);
        [self.same(), confusable, in_punycode]
    }
}

fn is_key(confusable: &str) -> bool {
    let sides = confusable.rsplit_once('@');
    sides.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && confusable.chars().count() <= KEY_MAX
}

/// Whether a row's address, as stored, is found by every address that is the same or confusable, where look-ups go
/// by what the database made of it (`indexed`). Also true for a text that no address can be taken for.
#[must_use]
pub fn is_found(stored: &str, indexed: &str) -> bool {
    let key = confusable(stored);
    EmailAddress::parse(&key).is_err() || indexed == key || indexed == confusable::in_punycode(&key)
}

/// Trim, then lower case one character to one, as Kratos 26.2 stores identifiers: `İ`, which would become two,
/// stays apart from `i`, and a final `Σ` never becomes `ς`, which lower-casing the whole would make of it.
#[must_use]
pub fn same(address: &str) -> String {
    address.trim().chars().map(lower).collect()
}

fn lower(c: char) -> char {
    let mut lowered = c.to_lowercase();
    match (lowered.next(), lowered.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Add;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_international_and_quoted_addresses_are_accepted() {
        for text in [
            "a@b.example",
            " Ada@Example.ORG ",
            "žofie@příklad.example",
            "a@b",
            "\"a b\"@c.example",
            "a+t@b.c",
        ] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        let long_local = format!("{}@b.example", "a".repeat(65));
        let long = format!("a@{}", "b".repeat(253));
        for text in [
            "",
            " ",
            "a",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a@b@c",
            "a\r\n@b",
            "a@b\0",
            "a\u{a0}b@c",
            "\u{200b}@b.example",
            "a@\u{2060}",
            "a@.",
            &"\u{fdfa}".repeat(20).add("@b.example"),
            &long_local,
            &long,
        ] {
            assert_eq!(EmailAddress::parse(text), Err(BadAddress), "{text:?}");
        }
    }

    #[test]
    fn letters_are_lowered_one_by_one() {
        assert_eq!(same(" ADA@Example.ORG "), "ada@example.org");
        assert_eq!(same("ΟΔΟΣ@x"), "οδοσ@x");
        assert_ne!(same("İ@x"), same("i@x"));
        assert_ne!(same("İ@x"), same("i\u{307}@x"));
        assert_ne!(same("ı@x"), same("i@x"));
        assert_ne!(same("straße@x"), same("strasse@x"));
        assert_eq!(same("a+tag.b@x"), "a+tag.b@x");
    }

    #[test]
    fn a_row_is_found_unless_the_database_sees_another_address_than_the_service() {
        for (stored, indexed) in [
            (" Ada@B.example", "ada@b.example"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("a@bücher.example", "a@bücher.example"),
            ("nobody's address", "else"),
            ("", ""),
        ] {
            assert!(is_found(stored, indexed), "{stored:?}");
        }
        for odd in ["ada@b.example\u{a0}", "a\u{200b}da@b.example", "ａda@b.example", "ada@b.example."] {
            assert!(!is_found(odd, odd), "{odd:?}");
        }
        assert!(!is_found("İ@b.example", "i@b.example"), "as MariaDB lowers it");
    }

    #[test]
    fn debug_shows_nothing_of_the_address() {
        let address = EmailAddress::parse("canary@example.org").unwrap();
        assert!(!format!("{address:?}").contains("canary"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100_000))]

        #[test]
        fn same_is_idempotent(text in "\\PC{0,40}") {
            prop_assert_eq!(same(&same(&text)), same(&text));
        }

        #[test]
        fn a_row_that_is_found_is_found_by_every_address_that_is_like_it(
            text in "[aA1ａＫ]{1,3}[\u{200b}\u{ad}ü]{0,1}@(xn--bcher-kva|bücher|ＢÜCHER)\\.x[.。]{0,1}",
            twist in 0..5_usize,
        ) {
            let stored = match twist {
                0 => text.clone(),
                1 => confusable(&text),
                2 => text.to_uppercase(),
                3 => format!("{text}."),
                _ => confusable::in_punycode(&text),
            };
            // As a database would have it that knows of letter case and blanks only.
            let indexed = same(&stored);
            if let Ok(address) = EmailAddress::parse(&text) && confusable(&stored) == address.confusable() {
                prop_assert!(!is_found(&stored, &indexed) || address.keys().contains(&indexed));
            }
        }

        #[test]
        fn parsing_never_panics_and_keeps_what_it_accepts(text in any::<String>()) {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(address.as_typed(), text.trim());
                for key in [address.same(), address.confusable()] {
                    prop_assert!(key.chars().count() <= KEY_MAX);
                }
            }
        }
    }
}
