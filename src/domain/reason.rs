//! Why a person did something by hand: a sentence that somebody reads a year later.

use std::fmt;

/// The fewest characters that can say something.
pub const SHORTEST: usize = 10;
/// What fits the columns that keep it.
pub const LONGEST: usize = 255;

/// A reason that says something and fits; it is stored as given, without the blanks around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

/// The text is too short, too long, or holds control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reason has {SHORTEST} to {LONGEST} characters, and no control characters")]
pub struct BadReason;

impl Reason {
    /// Blanks around the text do not count.
    pub fn parse(text: &str) -> Result<Self, BadReason> {
        let text = text.trim();
        let fits = (SHORTEST..=LONGEST).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) { Ok(Self(text.to_owned())) } else { Err(BadReason) }
    }

    /// As stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_to_two_hundred_and_fifty_five_characters_are_a_reason() {
        for good in ["0123456789", "  ääääääääää  ", &"x".repeat(255)] {
            assert_eq!(Reason::parse(good).unwrap().as_str(), good.trim());
        }
        for bad in ["", "012345678", "   012345678   ", "line\nbreak in it", &"x".repeat(256)] {
            assert_eq!(Reason::parse(bad), Err(BadReason), "{bad:?}");
        }
    }
}
