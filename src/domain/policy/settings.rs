//! The two switches of the policy, by the names operators write.

use std::{fmt, str::FromStr};

/// Both switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// `RESOLVER_LINKING`.
    pub linking: Linking,
    /// `RESOLVER_PROVISIONING`.
    pub provisioning: Provisioning,
}

/// Whether an existing user may be linked by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Linking {
    /// When Kratos verified the address.
    #[default]
    Verified,
    /// Never by itself: a person answers.
    Review,
    /// Never.
    Off,
    /// Always: for platforms whose Kratos verifies nothing.
    Trust,
}

/// Whether a user is created for an identity that matches nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Provisioning {
    /// When Kratos verified the address.
    #[default]
    Verified,
    /// Always.
    Any,
    /// Never.
    Off,
}

/// None of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown name")]
pub struct UnknownName;

impl Linking {
    /// Every value, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Verified, Self::Review, Self::Off, Self::Trust];

    /// The name operators write.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Review => "review",
            Self::Off => "off",
            Self::Trust => "trust",
        }
    }
}

impl Provisioning {
    /// Every value, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Verified, Self::Any, Self::Off];

    /// The name operators write.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Any => "any",
            Self::Off => "off",
        }
    }
}

impl FromStr for Linking {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|value| value.as_str() == name).ok_or(UnknownName)
    }
}

impl FromStr for Provisioning {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|value| value.as_str() == name).ok_or(UnknownName)
    }
}

impl fmt::Display for Linking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Provisioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
