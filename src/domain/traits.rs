//! Where in an identity's traits the things we want are found, schema by schema. Pointers are RFC 6901 texts,
//! tried in order; reading the traits themselves is `kratos/`'s, reading the settings file `config/`'s.

use std::collections::BTreeMap;

/// The pointers of one identity schema; an empty list means that the schema has no such trait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraitPaths {
    /// The address that decides about links and users.
    pub email: Vec<String>,
    /// The first name.
    pub first_name: Vec<String>,
    /// The last name.
    pub last_name: Vec<String>,
    /// The address of a picture.
    pub picture: Vec<String>,
    /// The mobile number.
    pub mobile: Vec<String>,
}

impl Default for TraitPaths {
    /// The places that Kratos' own example schemas use.
    fn default() -> Self {
        Self {
            email: pointers(&["/email"]),
            first_name: pointers(&["/name/first", "/first_name"]),
            last_name: pointers(&["/name/last", "/last_name"]),
            picture: pointers(&["/picture"]),
            mobile: pointers(&["/mobile"]),
        }
    }
}

fn pointers(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// The pointers of every schema: those named, and one set for all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraitMap {
    named: BTreeMap<String, TraitPaths>,
    others: TraitPaths,
}

impl TraitMap {
    /// `named` goes by schema id as Kratos writes it in `schema_id`; `others` serves every id that is not in it.
    #[must_use]
    pub fn new(named: BTreeMap<String, TraitPaths>, others: TraitPaths) -> Self {
        Self { named, others }
    }

    /// The pointers for an identity of this schema; an unknown schema is not an error.
    #[must_use]
    pub fn paths(&self, schema_id: &str) -> &TraitPaths {
        self.named.get(schema_id).unwrap_or(&self.others)
    }

    /// The schemas that have pointers of their own.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }
}

/// Whether the text is a JSON pointer to something inside the traits: `""`, the whole, is not.
#[must_use]
pub fn is_pointer(text: &str) -> bool {
    let mut after_tilde = false;
    for letter in text.chars() {
        if after_tilde && letter != '0' && letter != '1' {
            return false;
        }
        after_tilde = letter == '~' && !after_tilde;
    }
    text.starts_with('/') && !after_tilde
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_that_is_not_named_gets_the_paths_of_all_others() {
        let staff = TraitPaths { email: pointers(&["/mail"]), ..TraitPaths::default() };
        let map = TraitMap::new(BTreeMap::from([("staff".to_owned(), staff.clone())]), TraitPaths::default());
        assert_eq!(map.paths("staff"), &staff);
        assert_eq!(map.paths("customer"), &TraitPaths::default());
    }

    #[test]
    fn a_pointer_starts_with_a_slash_and_escapes_only_tilde_and_slash() {
        for good in ["/email", "/", "/emails/0", "/a~1b", "/a~0b", "/a~01", "/é"] {
            assert!(is_pointer(good), "{good}");
        }
        for bad in ["", "email", "#/email", "/a~", "/a~2", "/~~", "~0/"] {
            assert!(!is_pointer(bad), "{bad}");
        }
    }
}
