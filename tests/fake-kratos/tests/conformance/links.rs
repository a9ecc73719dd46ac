//! The `Link` header: the same relations, paths and parameters as recorded; only page tokens may differ.

use url::{Url, form_urlencoded};
use uuid::Uuid;

use crate::memory::Memory;

const CUT: char = '…';

struct Link {
    rel: String,
    path: String,
    parameters: Vec<(String, String)>,
}

fn parsed(header: &str) -> Vec<Link> {
    header.split(",<").map(link).collect()
}

fn link(text: &str) -> Link {
    let (target, rel) = text.trim_start_matches('<').split_once(">; rel=").unwrap_or((text, ""));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Link {
        rel: rel.trim_matches('"').to_owned(),
        path: path.to_owned(),
        parameters: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
    }
}

fn rels(links: &[Link]) -> String {
    links.iter().map(|link| link.rel.as_str()).collect::<Vec<&str>>().join(" ")
}

/// What differs between a recorded header and one of now.
pub(crate) fn compare(recorded: &str, actual: &str, memory: &Memory) -> Vec<String> {
    let found = parsed(actual);
    if recorded.ends_with(CUT) {
        let beginning: String = recorded.chars().take_while(|c| *c != '=').collect();
        let same = actual.starts_with(&beginning) && rels(&found) == "first";
        return if same { Vec::new() } else { vec![format!("another beginning: {actual}")] };
    }
    let expected = parsed(&memory.translate(recorded));
    if rels(&expected) != rels(&found) {
        return vec![format!("recorded rels {}, got {}", rels(&expected), rels(&found))];
    }
    expected.iter().zip(&found).filter_map(|(expected, found)| difference(expected, found)).collect()
}

fn difference(expected: &Link, found: &Link) -> Option<String> {
    let same = |((name, value), (other_name, other)): (&(String, String), &(String, String))| {
        name == other_name && (value == other || (name == "page_token" && both_somewhere(value, other)))
    };
    let agree = expected.path == found.path
        && expected.parameters.len() == found.parameters.len()
        && expected.parameters.iter().zip(&found.parameters).all(same);
    let shown = |link: &Link| format!("{} {:?}", link.path, link.parameters);
    (!agree).then(|| format!("{}: recorded {}, got {}", expected.rel, shown(expected), shown(found)))
}

fn both_somewhere(one: &str, other: &str) -> bool {
    let somewhere = |text: &str| Uuid::try_parse(text).is_ok_and(|token| !token.is_nil());
    somewhere(one) && somewhere(other)
}

/// The token that leads to the next page.
pub(crate) fn next_token(header: &str) -> Option<Uuid> {
    let next = parsed(header).into_iter().find(|link| link.rel == "next")?;
    next.parameters.iter().find(|(name, _)| name == "page_token").and_then(|(_, token)| token.parse().ok())
}

/// What differs between a recorded `Location` and one of now; `origin` is known only of a double.
pub(crate) fn compare_location(
    recorded: &str,
    actual: &str,
    memory: &Memory,
    origin: Option<&str>,
) -> Option<String> {
    let recorded = memory.translate(recorded);
    let (Ok(expected), Ok(found)) = (Url::parse(&recorded), Url::parse(actual)) else {
        return Some(format!("recorded {recorded}, got {actual}"));
    };
    let at_home = origin.is_none_or(|origin| actual.starts_with(&format!("{origin}/")));
    let same = expected.path() == found.path() && expected.query() == found.query() && at_home;
    (!same).then(|| format!("recorded {recorded}, got {actual}"))
}
