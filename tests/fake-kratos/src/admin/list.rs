//! The list: keyset pages by `Link` (first, and next while there is more), the old page numbers with a total.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::{
    View,
    query::{Filter, Page, Query},
};
use crate::{herodot::Fault, reply::Reply, shared::Shared, store::Store};

const PATH: &str = "/admin/identities";

/// One page; an empty result is `[]`, never 404.
pub(super) fn answer(query: &Query, shared: &Shared) -> Result<Reply, Fault> {
    let configs = query.configs()?;
    let filter = query.filter()?;
    let page = query.page()?;
    let by_credential = matches!(filter, Filter::Identifier(_) | Filter::IdentifierPrefix(_));
    let view = View { credentials: by_credential || !configs.is_empty(), configs, terse: false };
    let store = shared.store();
    let among = narrowed(filter, &store);
    let fits = |id: &Uuid| among.as_ref().is_none_or(|among| among.contains(id));
    match page {
        Page::After { token, size } => {
            let mut found = store.after(token).filter(|(id, _)| fits(id));
            let items: Vec<(Uuid, &Value)> = found.by_ref().take(size).collect();
            let next = items.last().map(|(id, _)| *id).filter(|_| found.next().is_some());
            let reply = Reply::json(200, &items.iter().map(|(_, json)| view.of(json)).collect());
            Ok(reply.with("Link", &keyset_links(query, size, next)))
        }
        Page::Number { page, size } => {
            let found: Vec<&Value> =
                store.after(Uuid::nil()).filter(|(id, _)| fits(id)).map(|(_, json)| json).collect();
            let items = found.iter().skip(page * size).take(size).map(|json| view.of(json));
            let reply = Reply::json(200, &items.collect()).with("X-Total-Count", &found.len().to_string());
            Ok(reply.with("Link", &numbered_links(query, page, size, found.len())))
        }
    }
}

/// The ids that pass the filter; `None` lets all pass.
fn narrowed(filter: Filter, store: &Store) -> Option<BTreeSet<Uuid>> {
    match filter {
        Filter::None => None,
        Filter::Ids(ids) => Some(ids.into_iter().collect()),
        Filter::Identifier(asked) => Some(store.by_identifier(&asked)),
        Filter::IdentifierPrefix(asked) => Some(store.by_identifier_prefix(&asked)),
        Filter::Organization => Some(BTreeSet::new()),
    }
}

fn keyset_links(query: &Query, size: usize, next: Option<Uuid>) -> String {
    let link = |token: Uuid, rel: &str| {
        let pairs = [("page_size", size.to_string()), ("page_token", token.to_string())];
        format!("<{PATH}?{}>; rel=\"{rel}\"", query.with(&pairs))
    };
    let first = link(Uuid::nil(), "first");
    match next {
        Some(next) => format!("{first},{}", link(next, "next")),
        None => first,
    }
}

fn numbered_links(query: &Query, page: usize, size: usize, total: usize) -> String {
    let last = total.saturating_sub(1) / size;
    let link = |page: usize, rel: &str| {
        let pairs = [("page", page.to_string()), ("per_page", size.to_string())];
        format!("<{PATH}?{}>; rel=\"{rel}\"", query.with(&pairs))
    };
    let mut links = vec![link(0, "first")];
    if page < last {
        links.push(link(page + 1, "next"));
    }
    if let Some(before) = page.checked_sub(1) {
        links.push(link(before, "prev"));
    }
    links.push(link(last, "last"));
    links.join(",")
}
