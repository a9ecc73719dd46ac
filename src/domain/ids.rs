//! Ids that cannot be taken for one another, and the one syntax in which outsiders may write a UUID
//! (contract: 36 characters, hyphenated, any letter case, any version, neither nil nor max).

use std::fmt;

use uuid::Uuid;

/// The text was not a UUID in the accepted syntax; it carries nothing of that text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID of 36 characters with hyphens, or the nil or max UUID")]
pub struct BadId;

fn parse_strict(text: &str) -> Result<Uuid, BadId> {
    if text.len() != 36 {
        return Err(BadId);
    }
    let id = Uuid::try_parse(text).map_err(|_| BadId)?;
    if id.is_nil() || id.is_max() { Err(BadId) } else { Ok(id) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Accepts only the syntax named at the top of this module.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                parse_strict(text).map(Self)
            }

            /// A UUIDv7 of this moment.
            #[must_use]
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }

            /// The form in which ids are bound to `CHAR(36)` columns: lower case, hyphenated.
            #[must_use]
            pub fn hyphenated(self) -> uuid::fmt::Hyphenated {
                self.0.hyphenated()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

id! {
    /// A row of the platform's table `user`.
    UserId
}
id! {
    /// An identity of Ory Kratos.
    IdentityId
}
id! {
    /// One call of this service: the correlation id that callers see, and the key of its traces in the tables.
    AuditId
}
id! {
    /// One try to write; the history row carries it, so that a lost answer to COMMIT can be looked up.
    AttemptId
}

id! {
    /// One question for a person.
    ReviewId
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOWER: &str = "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11";

    #[test]
    fn upper_case_is_accepted_and_answered_in_lower_case() {
        let id = IdentityId::parse(&LOWER.to_uppercase()).unwrap();
        assert_eq!(id.to_string(), LOWER);
    }

    #[test]
    fn any_version_is_accepted() {
        for version in ['0', '1', '4', '7', '8', 'f'] {
            let text = format!("6f1c2a7e-9a54-{version}b2e-8d0a-1f3e5c7b9d11");
            assert!(UserId::parse(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn every_other_syntax_is_refused() {
        let others = [
            "",
            "6f1c2a7e9a544b2e8d0a1f3e5c7b9d11",
            "{6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11}",
            "urn:uuid:6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11",
            " 6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11",
            "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d11 ",
            "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d1",
            "6f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d1g",
            "6f1c2a7e_9a54_4b2e_8d0a_1f3e5c7b9d11",
            "6f1c2a7e-9a544-b2e-8d0a-1f3e5c7b9d11",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            "６f1c2a7e-9a54-4b2e-8d0a-1f3e5c7b9d",
        ];
        for other in others {
            assert_eq!(IdentityId::parse(other), Err(BadId), "{other}");
        }
    }
}
