//! The loose comparison: two addresses that a person, or another program, may take for one. It never links;
//! it only keeps the service from guessing between them.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

use super::same;

/// No code point and no random address needed more than two; the bound only makes it total.
const ROUNDS: usize = 8;

/// As [`same`], and after NFKC, with invisible and control characters out, and with the domain's labels in
/// their Unicode form, no dot at its end. Equal here but not by `same()` is *confusable*. Plus-tags, dots of
/// the local part and look-alikes of other scripts are not folded.
#[must_use]
pub fn confusable(address: &str) -> String {
    // From `same()` on, so that what is the same is confusable too, whatever the tables of Unicode say.
    let mut folded = same(address);
    for _ in 0..ROUNDS {
        let next = fold(&folded);
        if next == folded {
            break;
        }
        folded = next;
    }
    folded
}

/// The same key with the labels of its domain in Punycode, as browsers send them.
pub(super) fn in_punycode(confusable: &str) -> String {
    on_labels(confusable, |label| {
        let ascii =
            Uts46::new().to_ascii(label.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore);
        ascii.unwrap_or(Cow::Borrowed(label))
    })
}

fn fold(address: &str) -> String {
    let visible: String = nfkc(address).chars().filter(|c| !is_invisible(*c)).collect();
    let lowered: String = visible.chars().flat_map(char::to_lowercase).collect();
    let lowered = nfkc(&lowered);
    on_labels(lowered.trim(), |label| {
        let (unicode, valid) =
            Uts46::new().to_unicode(label.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
        if valid.is_ok() { unicode } else { Cow::Borrowed(label) }
    })
}

fn nfkc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) }
}

/// Label by label, because one that is not valid must not keep its neighbours from meeting theirs.
fn on_labels(address: &str, map: impl Fn(&str) -> Cow<'_, str>) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return address.to_owned();
    };
    let domain = domain.replace('\u{3002}', ".");
    // Both at once, or dots and blanks by turns would take a round each.
    let domain = domain.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let labels: Vec<_> = domain.split('.').map(map).collect();
    format!("{local}@{}", labels.join("."))
}

/// Control characters, and what Unicode calls default-ignorable: zero-width, soft hyphen, marks of direction,
/// variation selectors, fillers, tags; the code points reserved for more of them included.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests;
