//! What an identity schema says of one trait. Only what is needed of JSON Schema draft 7, which Kratos speaks:
//! nested properties, items, references inside the document, and the ways of combining schemas. A schema may be
//! anything: the walk is bounded, and what it cannot follow it says.

use serde_json::Value;

const STEPS: u32 = 10_000;
const DEPTH: u32 = 32;
/// Of a list with rules of their own for its places, so many are looked at.
const ITEMS: usize = 20;

/// Where a trait stands in a schema; the later, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// The schema forbids such a trait.
    Forbidden,
    /// The schema says nothing of it, and allows it.
    Unmentioned,
    /// It is described, and Kratos never verifies it.
    Unverified,
    /// It is described elsewhere, in a document that is not at hand.
    Unknown,
    /// Kratos verifies it by email.
    Verified,
}

/// One trait of a schema.
#[derive(Debug)]
pub(super) struct Described<'a> {
    pub(super) standing: Standing,
    /// What describes it.
    pub(super) rules: Option<&'a Value>,
}

/// Looks for the trait of a JSON pointer into the traits.
pub(super) fn describe<'a>(schema: &'a Value, pointer: &str) -> Described<'a> {
    let mut walk = Walk { root: schema, steps: STEPS, is_lost: false, is_open: false };
    let segments = pointer.split('/').skip(1).map(|text| text.replace("~1", "/").replace("~0", "~"));
    let mut nodes = vec![schema];
    for segment in std::iter::once("traits".to_owned()).chain(segments) {
        walk.is_open = false;
        nodes = walk.children(&nodes, &segment);
        if nodes.is_empty() {
            break;
        }
    }
    let leaves = walk.expanded(&nodes);
    let is_verified = leaves.iter().any(|leaf| is_verified(leaf));
    let standing = match (nodes.is_empty(), walk.is_lost) {
        _ if is_verified => Standing::Verified,
        (_, true) => Standing::Unknown,
        (false, false) => Standing::Unverified,
        (true, false) if walk.is_open => Standing::Unmentioned,
        (true, false) => Standing::Forbidden,
    };
    Described { standing, rules: leaves.into_iter().find(|leaf| leaf.is_object()) }
}

fn is_verified(leaf: &Value) -> bool {
    leaf.pointer("/ory.sh~1kratos/verification/via").and_then(Value::as_str) == Some("email")
}

/// The pointer of a trait that Kratos verifies by email, whatever its name.
pub(super) fn find_verified(schema: &Value) -> Option<String> {
    let mut walk = Walk { root: schema, steps: STEPS, is_lost: false, is_open: false };
    let mut open = vec![(String::new(), walk.children(&[schema], "traits"))];
    while let Some((pointer, nodes)) = open.pop() {
        let leaves = walk.expanded(&nodes);
        if !pointer.is_empty() && leaves.iter().any(|leaf| is_verified(leaf)) {
            return Some(pointer);
        }
        if pointer.matches('/').count() >= 5 {
            continue;
        }
        for leaf in leaves {
            for name in
                leaf.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name)
            {
                let nodes = walk.children(&[leaf], name);
                open.push((format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), nodes));
            }
            let places = match leaf.get("items") {
                Some(Value::Array(each)) => each.len().min(ITEMS),
                Some(_) => 1,
                None => 0,
            };
            for place in (0..places).map(|place| place.to_string()) {
                open.push((format!("{pointer}/{place}"), walk.children(&[leaf], &place)));
            }
        }
    }
    None
}

struct Walk<'a> {
    root: &'a Value,
    steps: u32,
    /// Something could not be followed.
    is_lost: bool,
    /// A member that is not described is allowed all the same.
    is_open: bool,
}

impl<'a> Walk<'a> {
    /// What describes a member of what these describe.
    fn children(&mut self, nodes: &[&'a Value], segment: &str) -> Vec<&'a Value> {
        let mut found = Vec::new();
        let expanded = self.expanded(nodes);
        for node in &expanded {
            let member = node.get("properties").and_then(|members| members.get(segment));
            found.extend(member.or_else(|| item(node, segment)));
        }
        let forbids = |node: &&Value| node.get("additionalProperties") == Some(&Value::Bool(false));
        self.is_open = !expanded.iter().any(forbids);
        found
    }

    /// The nodes with all that they refer to or are combined of.
    fn expanded(&mut self, nodes: &[&'a Value]) -> Vec<&'a Value> {
        let mut found = Vec::new();
        for node in nodes {
            self.expand(node, DEPTH, &mut found);
        }
        found
    }

    fn expand(&mut self, node: &'a Value, depth: u32, found: &mut Vec<&'a Value>) {
        if depth == 0 || self.steps == 0 {
            self.is_lost = true;
            return;
        }
        self.steps -= 1;
        // Beside a reference nothing else counts (draft 7, §8.3).
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            return match self.referred(reference) {
                Some(target) => self.expand(target, depth - 1, found),
                None => self.is_lost = true,
            };
        }
        found.push(node);
        let lists = ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| node.get(*key)?.as_array());
        let branches = ["then", "else"].iter().filter_map(|key| node.get(*key));
        for part in lists.flatten().chain(branches) {
            self.expand(part, depth - 1, found);
        }
    }

    /// The target of a reference inside the document.
    fn referred(&self, reference: &str) -> Option<&'a Value> {
        let own = self.root.get("$id").and_then(Value::as_str).unwrap_or_default().trim_end_matches('#');
        let pointer = reference.strip_prefix(own).unwrap_or(reference).strip_prefix('#')?;
        self.root.pointer(&pointer.replace("%25", "%").replace("%2F", "/"))
    }
}

fn item<'a>(node: &'a Value, segment: &str) -> Option<&'a Value> {
    let index: usize = segment.parse().ok()?;
    match node.get("items")? {
        Value::Array(each) => each.get(index).or_else(|| node.get("additionalItems")),
        all => Some(all),
    }
}

#[cfg(test)]
mod tests;
