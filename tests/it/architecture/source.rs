//! One source file, taken apart: code without comments, strings and test modules, and the strings alone.
//! Everything keeps its byte offset, so that a finding can name its line.

/// A file of the checkout, or a planted one.
pub(crate) struct Source {
    /// Relative to the repository, with `/`.
    pub(crate) path: String,
    /// As it is on disk.
    pub(crate) text: String,
    /// The text with blanks in place of comments, literals and `#[cfg(test)]` modules.
    pub(crate) code: String,
    /// String literals outside test modules, each with its offset.
    pub(crate) strings: Vec<(usize, String)>,
}

impl Source {
    /// Takes a text apart.
    pub(crate) fn new(path: &str, text: &str) -> Source {
        let (blanked, mut strings) = blank(text);
        let tests = test_modules(&blanked);
        let mut code = blanked.into_bytes();
        for (from, to) in &tests {
            wipe(&mut code[*from..*to]);
            strings.retain(|(at, _)| at < from || at >= to);
        }
        let code = String::from_utf8(code).expect("blanks are ASCII");
        Source { path: path.to_owned(), text: text.to_owned(), code, strings }
    }

    /// The line of an offset, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.text[..offset].matches('\n').count() + 1
    }

    /// The module path below the crate: `src/storage/tx.rs` is `["storage", "tx"]`, the roots are empty.
    pub(crate) fn module(&self) -> Vec<String> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        if matches!(inner, "lib" | "main") {
            Vec::new()
        } else {
            inner.split('/').map(str::to_owned).collect()
        }
    }

    /// The room of the house this file is in: `storage`, or `main` and `lib` themselves.
    pub(crate) fn room(&self) -> String {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inner.split('/').next().unwrap_or_default().to_owned()
    }

    /// The name of the innermost function around an offset.
    pub(crate) fn function_at(&self, at: usize) -> Option<String> {
        let found = self.code.match_indices("fn ").filter_map(|(start, _)| {
            let rest = &self.code[start + 3..];
            let name: String =
                rest.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
            let open = start + rest.find('{')? + 3;
            (open < at && at < closing(&self.code, open)).then_some(name)
        });
        found.last()
    }
}

fn wipe(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

/// Blanks comments and literals; gives the string literals with their offsets.
fn blank(text: &str) -> (String, Vec<(usize, String)>) {
    let mut code = text.as_bytes().to_vec();
    let mut strings = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = match literal_at(text, at) {
            Some(Piece::Comment(end)) => end,
            Some(Piece::Text(end)) => {
                strings.push((at, text[at..end].to_owned()));
                end
            }
            None => {
                at += 1;
                continue;
            }
        };
        wipe(&mut code[at..end]);
        at = end;
    }
    (String::from_utf8(code).expect("whole literals were blanked"), strings)
}

enum Piece {
    Comment(usize),
    Text(usize),
}

/// What begins at this offset, with the offset where it ends.
fn literal_at(text: &str, at: usize) -> Option<Piece> {
    let bytes = text.as_bytes();
    let rest = bytes.get(at..)?;
    match rest {
        [b'/', b'/', ..] => {
            Some(Piece::Comment(text[at..].find('\n').map_or(text.len(), |length| at + length)))
        }
        [b'/', b'*', ..] => Some(Piece::Comment(block_end(bytes, at))),
        [b'"', ..] => Some(Piece::Text(quoted_end(bytes, at + 1, b'"'))),
        [b'r', b'"' | b'#', ..] if !is_word(bytes, at) => raw_end(text, at).map(Piece::Text),
        [b'\'', ..] => char_end(text, at).map(Piece::Comment),
        _ => None,
    }
}

// `br"…"` and `b"…"` need nothing of their own: the `b` stays behind as code.
fn is_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && bytes[at - 1] != b'b' && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn block_end(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0_usize, start);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    bytes.len()
}

fn quoted_end(bytes: &[u8], mut at: usize, close: u8) -> usize {
    while at < bytes.len() && bytes[at] != close {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn raw_end(text: &str, at: usize) -> Option<usize> {
    let hashes = text[at + 1..].bytes().take_while(|byte| *byte == b'#').count();
    let open = at + 1 + hashes;
    if text.as_bytes().get(open) != Some(&b'"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    Some(text[open + 1..].find(&close).map_or(text.len(), |length| open + 1 + length + close.len()))
}

/// The end of a character literal; none for a lifetime.
fn char_end(text: &str, at: usize) -> Option<usize> {
    let mut inside = text[at + 1..].char_indices();
    let (_, first) = inside.next()?;
    if first == '\\' {
        return Some(quoted_end(text.as_bytes(), at + 1, b'\''));
    }
    let (next, second) = inside.next()?;
    (second == '\'').then_some(at + 1 + next + 1)
}

/// The ranges of inline modules under `#[cfg(test)]`.
fn test_modules(code: &str) -> Vec<(usize, usize)> {
    code.match_indices("#[cfg(test)]")
        .filter_map(|(at, mark)| {
            let rest = &code[at + mark.len()..];
            let open = rest.find(['{', ';'])?;
            (rest.as_bytes()[open] == b'{').then(|| (at, closing(code, at + mark.len() + open)))
        })
        .collect()
}

/// The offset after the bracket that closes the one at `open`.
pub(super) fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}
