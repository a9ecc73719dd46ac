//! How Kratos 26.2 stores identifiers and addresses: surrounding space goes, and what contains an `@` is lower-cased
//! character by character. User names keep their case.

/// The stored form of an identifier that somebody typed.
pub(crate) fn identifier(typed: &str) -> String {
    let trimmed = typed.trim();
    if trimmed.contains('@') { trimmed.chars().map(lower).collect() } else { trimmed.to_owned() }
}

/// Only mappings to one character count, so that no letter becomes two.
fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn an_address_is_trimmed_and_lower_cased() {
        assert_eq!(identifier("  Ada.B+Tag@Example.ORG "), "ada.b+tag@example.org");
    }

    #[test]
    fn a_user_name_keeps_its_case() {
        assert_eq!(identifier(" NeoA "), "NeoA");
    }

    #[test]
    fn letters_are_mapped_one_by_one() {
        assert_eq!(identifier("\u{130}ΑΣ@x.example"), "\u{130}ασ@x.example");
    }
}
