//! What a platform's table `user` asks for beyond what this service knows: which column is filled with what, and
//! which one says that a user's own address is verified. Whether the table has such columns is `storage`'s to say.

use std::collections::BTreeMap;

use super::{email::EmailAddress, identity::Names, ids::UserId};

/// Both settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserColumns {
    /// `RESOLVER_USER_COLUMNS_FILE`, by the column's name.
    pub rules: BTreeMap<String, Fill>,
    /// `RESOLVER_USER_VERIFIED_COLUMN`.
    pub verified: Option<String>,
}

/// What a column of a new user's row is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fill {
    /// The same for everybody.
    Literal(Literal),
    /// Made for the person.
    Variable(Variable),
}

/// A value of the settings file, as text that the server turns into the column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the kinds of JSON")]
pub enum Literal {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    Json(String),
}

/// A value that differs from person to person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// The address as typed.
    Email,
    /// What stands before its `@`.
    EmailLocalPart,
    /// The first name, if there is one.
    FirstName,
    /// The last name, if there is one.
    LastName,
    /// Both names, else the local part.
    DisplayName,
    /// The address of a picture, if there is one.
    Picture,
    /// The moment of the creation, UTC.
    Now,
    /// A fresh UUID.
    Uuid,
    /// The display name as a part of a URL, with an ending that nobody else has.
    Slug,
}

/// The person whose row is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The new user's id.
    pub id: UserId,
    /// Its address.
    pub address: &'a EmailAddress,
    /// What is known beside it.
    pub names: &'a Names,
}

impl Variable {
    /// Every variable, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Email,
        Self::EmailLocalPart,
        Self::FirstName,
        Self::LastName,
        Self::DisplayName,
        Self::Picture,
        Self::Now,
        Self::Uuid,
        Self::Slug,
    ];

    /// The name operators write.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "$email",
            Self::EmailLocalPart => "$emailLocalPart",
            Self::FirstName => "$firstName",
            Self::LastName => "$lastName",
            Self::DisplayName => "$displayName",
            Self::Picture => "$picture",
            Self::Now => "$now",
            Self::Uuid => "$uuid",
            Self::Slug => "$slug",
        }
    }

    /// Whether no two people ever get the same.
    #[must_use]
    pub fn is_never_repeated(self) -> bool {
        matches!(self, Self::Uuid | Self::Slug)
    }

    /// The text for a column of so many characters; a slug keeps its ending however short that is. `None` where the
    /// person has no such thing, and for the moment, which is no text.
    #[must_use]
    pub fn text(self, person: &Person<'_>, characters: usize) -> Option<String> {
        let text = match self {
            Self::Email => person.address.as_typed().to_owned(),
            Self::EmailLocalPart => local_part(person.address).to_owned(),
            Self::FirstName => person.names.first.clone()?,
            Self::LastName => person.names.last.clone()?,
            Self::DisplayName => display_name(person),
            Self::Picture => person.names.picture.clone()?,
            Self::Uuid => uuid::Uuid::new_v4().hyphenated().to_string(),
            Self::Slug => slug(person, characters),
            Self::Now => return None,
        };
        Some(text.chars().take(characters).collect())
    }
}

fn local_part(address: &EmailAddress) -> &str {
    address.as_typed().rsplit_once('@').map_or("", |(local, _)| local)
}

fn display_name(person: &Person<'_>) -> String {
    let names = [person.names.first.as_deref(), person.names.last.as_deref()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    if names.is_empty() { local_part(person.address).to_owned() } else { names.join(" ") }
}

fn slug(person: &Person<'_>, characters: usize) -> String {
    let id = person.id.to_string();
    // The end of a UUIDv7 is random; its beginning is the time.
    let ending: String = id.chars().skip(id.len().saturating_sub(10)).take(characters).collect();
    let mut stem = String::new();
    for letter in display_name(person).chars().map(|letter| letter.to_ascii_lowercase()) {
        if letter.is_ascii_alphanumeric() {
            stem.push(letter);
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
    }
    stem.truncate(characters.saturating_sub(ending.len() + 1));
    let stem = stem.trim_end_matches('-');
    if stem.is_empty() { ending } else { format!("{stem}-{ending}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variable: Variable, names: &Names, characters: usize) -> Option<String> {
        let address = EmailAddress::parse("Ada.L@example.org").unwrap();
        let id = UserId::parse("018f0000-0000-7000-8000-0123456789ab").unwrap();
        variable.text(&Person { id, address: &address, names }, characters)
    }

    fn ada() -> Names {
        Names { first: Some("Ada".into()), last: Some("Lovelace, née Byron".into()), picture: None }
    }

    #[test]
    fn each_variable_says_what_its_name_says() {
        for (variable, wanted) in [
            (Variable::Email, Some("Ada.L@example.org")),
            (Variable::EmailLocalPart, Some("Ada.L")),
            (Variable::FirstName, Some("Ada")),
            (Variable::LastName, Some("Lovelace, née Byron")),
            (Variable::DisplayName, Some("Ada Lovelace, née Byron")),
            (Variable::Picture, None),
            (Variable::Now, None),
            (Variable::Slug, Some("ada-lovelace-n-e-byron-23456789ab")),
        ] {
            assert_eq!(told(variable, &ada(), 255).as_deref(), wanted, "{variable:?}");
        }
        assert_eq!(told(Variable::DisplayName, &Names::default(), 255).as_deref(), Some("Ada.L"));
        assert_ne!(told(Variable::Uuid, &ada(), 36), told(Variable::Uuid, &ada(), 36));
    }

    #[test]
    fn every_text_fits_its_column_and_a_slug_keeps_its_ending() {
        for variable in Variable::ALL {
            for characters in 0..60 {
                let text = told(variable, &ada(), characters).unwrap_or_default();
                assert!(text.chars().count() <= characters, "{variable:?} {characters}");
            }
        }
        assert_eq!(told(Variable::Slug, &ada(), 15).as_deref(), Some("ada-23456789ab"));
    }
}
