//! What the rules of `FAULTS` do at the points they name.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{self, BoxFuture},
};

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| text().split(',').filter_map(Rule::parse).collect());

struct Rule {
    name: String,
    action: Action,
    /// Only this passage; every one where there is none.
    only: Option<u32>,
    passed: AtomicU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Kill,
    Panic,
    Sleep(Duration),
}

#[expect(clippy::disallowed_methods, reason = "no setting of the service: it exists in test builds only")]
fn text() -> String {
    std::env::var("FAULTS").unwrap_or_default()
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.trim().split_once('=')?;
        let (action, only) = rest.split_once('@').map_or((rest, None), |(action, only)| (action, Some(only)));
        let action = match action.split_once(':') {
            None if action == "kill" => Action::Kill,
            None if action == "panic" => Action::Panic,
            Some(("sleep", millis)) => Action::Sleep(Duration::from_millis(millis.parse().ok()?)),
            _ => return None,
        };
        let only = only.map(str::parse).transpose().ok()?;
        Some(Self { name: name.to_owned(), action, only, passed: AtomicU32::new(0) })
    }

    fn strikes(&self, name: &str) -> bool {
        self.name == name && {
            let passage = self.passed.fetch_add(1, Ordering::SeqCst) + 1;
            self.only.is_none_or(|only| only == passage)
        }
    }
}

/// Does what the first rule for this point says.
#[expect(clippy::panic, reason = "a test asked for it")]
pub(crate) async fn pass(name: &'static str) {
    let Some(rule) = RULES.iter().find(|rule| rule.strikes(name)) else { return };
    match rule.action {
        // As sudden as a kill -9: nothing is unwound, flushed or told.
        Action::Kill => std::process::abort(),
        Action::Panic => panic!("a planned fault"),
        Action::Sleep(time) => tokio::time::sleep(time).await,
    }
}

/// What is to be spawned, and what stays inside the HTTP handler: all of the work with the switch `not_spawned`.
pub(crate) fn kept_by_the_handler<F>(work: F) -> (BoxFuture<'static, ()>, BoxFuture<'static, ()>)
where
    F: Future<Output = ()> + Send + 'static,
{
    static SWITCHED: LazyLock<bool> =
        LazyLock::new(|| text().split(',').any(|rule| rule.trim() == "not_spawned"));
    let nothing = future::ready(()).boxed();
    if *SWITCHED { (nothing, work.boxed()) } else { (work.boxed(), nothing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_strike_at_the_passage_they_name() {
        let rule = Rule::parse(" after_begin=sleep:25@2").unwrap();
        assert_eq!((rule.action, rule.only), (Action::Sleep(Duration::from_millis(25)), Some(2)));
        assert_eq!([(); 3].map(|()| rule.strikes("after_begin")), [false, true, false]);
        let always = Rule::parse("x=kill").unwrap();
        assert!(always.strikes("x") && always.strikes("x") && !always.strikes("y"));
        for bad in ["", "x", "x=", "x=stop", "x=sleep", "x=sleep:now", "x=kill@often"] {
            assert!(Rule::parse(bad).is_none(), "{bad}");
        }
    }
}
