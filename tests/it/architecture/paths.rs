//! Every path a file speaks: those of `use` trees, written out, and those inside the code.

use super::source::Source;

/// A path with its offset; `crate`, `self` and `super` are resolved, so that it starts with `crate` or with
/// the name of another crate (or of something local).
pub(super) struct Spoken {
    /// Where.
    pub(super) at: usize,
    /// Segment by segment.
    pub(super) path: Vec<String>,
    /// Whether a `pub use` gives it to others.
    pub(super) is_reexport: bool,
}

#[derive(Clone, PartialEq)]
enum Token {
    Word(String),
    Colons,
    Sign(char),
}

/// All paths of a file.
pub(super) fn spoken(source: &Source) -> Vec<Spoken> {
    let tokens = tokens(&source.code);
    let module = source.module();
    let mut found = Vec::new();
    let mut next = 0;
    while next < tokens.len() {
        let (at, token) = &tokens[next];
        if *token == Token::Word("use".to_owned()) && !is_bound(&tokens, next) {
            let is_reexport = is_public(&tokens[..next]);
            let (paths, end) = tree(&tokens, next + 1, &[]);
            found.extend(paths.into_iter().map(|path| Spoken {
                at: *at,
                path: resolved(path, &module),
                is_reexport,
            }));
            next = end;
        } else if let Token::Word(_) = token {
            let (path, end) = plain(&tokens, next);
            if path.len() > 1 && !follows(&tokens[..next]) {
                found.push(Spoken { at: *at, path: resolved(path, &module), is_reexport: false });
            }
            next = end;
        } else {
            next += 1;
        }
    }
    found
}

/// Whether what comes next only goes on from something before: a method, an associated item.
fn follows(before: &[(usize, Token)]) -> bool {
    match before {
        [.., (_, Token::Sign('.'))] => true,
        // A path that begins with `::` names a crate; the one after `>` or a word does not.
        [.., (_, owner), (_, Token::Colons)] => matches!(owner, Token::Word(_) | Token::Sign('>')),
        _ => false,
    }
}

// `impl Trait + use<'a>` is no item.
fn is_bound(tokens: &[(usize, Token)], at: usize) -> bool {
    matches!(tokens.get(at + 1), Some((_, Token::Sign('<'))))
}

fn is_public(before: &[(usize, Token)]) -> bool {
    let words = before.iter().rev().map(|(_, token)| token);
    let mut words = words.skip_while(|token| **token == Token::Sign(')')).skip_while(|token| match token {
        Token::Word(word) => matches!(word.as_str(), "crate" | "super" | "in"),
        Token::Sign(sign) => *sign == '(',
        Token::Colons => false,
    });
    words.next() == Some(&Token::Word("pub".to_owned()))
}

fn tokens(code: &str) -> Vec<(usize, Token)> {
    let mut found: Vec<(usize, Token)> = Vec::new();
    let mut chars = code.char_indices().peekable();
    while let Some((at, first)) = chars.next() {
        if first.is_alphanumeric() || first == '_' {
            let mut word = String::from(first);
            while let Some((_, more)) = chars.next_if(|(_, next)| next.is_alphanumeric() || *next == '_') {
                word.push(more);
            }
            found.push((at, Token::Word(word)));
        } else if first == ':' && chars.next_if(|(_, next)| *next == ':').is_some() {
            found.push((at, Token::Colons));
        } else if !first.is_whitespace() {
            found.push((at, Token::Sign(first)));
        }
    }
    found
}

fn plain(tokens: &[(usize, Token)], start: usize) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    let mut next = start;
    while let Some((_, Token::Word(word))) = tokens.get(next) {
        path.push(word.clone());
        next += 1;
        match (tokens.get(next), tokens.get(next + 1)) {
            (Some((_, Token::Colons)), Some((_, Token::Word(_)))) => next += 1,
            _ => break,
        }
    }
    (path, next)
}

/// Writes out one branch of a `use` tree; gives the paths and the token after it.
fn tree(tokens: &[(usize, Token)], start: usize, prefix: &[String]) -> (Vec<Vec<String>>, usize) {
    let mut path = prefix.to_vec();
    let mut next = start;
    loop {
        match tokens.get(next).map(|(_, token)| token) {
            Some(Token::Word(word)) if word == "as" => {
                next += 2;
                return (vec![path], next);
            }
            Some(Token::Word(word)) => path.push(word.clone()),
            Some(Token::Colons) => {}
            Some(Token::Sign('*')) => path.push("*".to_owned()),
            Some(Token::Sign('{')) => return branches(tokens, next + 1, &path),
            _ => return (vec![path], next),
        }
        next += 1;
    }
}

fn branches(tokens: &[(usize, Token)], start: usize, prefix: &[String]) -> (Vec<Vec<String>>, usize) {
    let mut all = Vec::new();
    let mut next = start;
    loop {
        match tokens.get(next).map(|(_, token)| token) {
            None => return (all, next),
            Some(Token::Sign('}')) => return (all, next + 1),
            Some(Token::Sign(',')) => next += 1,
            Some(_) => {
                let (paths, end) = tree(tokens, next, prefix);
                all.extend(paths);
                next = end.max(next + 1);
            }
        }
    }
}

/// Replaces `self`, `super` and the library's own name by `crate` and the module's path.
fn resolved(path: Vec<String>, module: &[String]) -> Vec<String> {
    let mut base = module.to_vec();
    let mut rest = path.as_slice();
    match rest.first().map(String::as_str) {
        Some("crate" | "identity_resolver") => base.clear(),
        Some("self" | "super") => {}
        _ => return path,
    }
    while let Some(word) = rest.first() {
        match word.as_str() {
            "super" => drop(base.pop()),
            "self" | "crate" | "identity_resolver" => {}
            _ => break,
        }
        rest = &rest[1..];
    }
    ["crate".to_owned()].into_iter().chain(base).chain(rest.iter().cloned()).collect()
}
