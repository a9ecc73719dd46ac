//! Where raw values come from: the only place that reads the process environment, so tests need none of it.

use std::collections::BTreeMap;

use super::setting::is_ours;

/// Raw values by the names of the variables; a flag has replaced the variable of the same name.
#[derive(Default)]
pub struct Source {
    given: BTreeMap<String, Given>,
}

pub(super) struct Given {
    /// `None`: the variable is not UTF-8.
    pub(super) text: Option<String>,
    pub(super) by_flag: bool,
}

impl Source {
    /// The process environment under `flags`, which are pairs of a variable's name and a value.
    pub fn from_process<N: Into<String>>(flags: impl IntoIterator<Item = (N, String)>) -> Self {
        let mut given = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            if let Some(name) = name.to_str().filter(|name| is_ours(name)) {
                given.insert(name.to_owned(), Given { text: value.into_string().ok(), by_flag: false });
            }
        }
        Self { given }.with_flags(flags)
    }

    /// These flags over what is there already.
    #[must_use]
    pub fn with_flags<N: Into<String>>(mut self, flags: impl IntoIterator<Item = (N, String)>) -> Self {
        let flag = |value| Given { text: Some(value), by_flag: true };
        self.given.extend(flags.into_iter().map(|(name, value)| (name.into(), flag(value))));
        self
    }

    /// These values as if they were variables, and nothing of the process.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let variable = |value: V| Given { text: Some(value.into()), by_flag: false };
        Self { given: pairs.into_iter().map(|(name, value)| (name.into(), variable(value))).collect() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Given> {
        self.given.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.given.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Http;

    #[test]
    fn a_flag_wins_over_the_variable_of_its_name() {
        let variable = Source::from_pairs([("RESOLVER_LISTEN", "127.0.0.1:7")]);
        let source = variable.with_flags([("RESOLVER_LISTEN", "127.0.0.1:9".to_owned())]);
        assert_eq!(Http::load(&source).unwrap().listen.port(), 9);
    }

    #[test]
    fn the_process_environment_stands_under_the_flags() {
        let source = Source::from_process([("PATH", "by a flag".to_owned())]);
        assert!(source.get("PATH").is_some_and(|given| given.by_flag));
    }

    #[test]
    fn a_value_that_is_not_utf_8_is_a_fault_by_name() {
        let given = Given { text: None, by_flag: false };
        let source = Source { given: BTreeMap::from([("RESOLVER_LISTEN".to_owned(), given)]) };
        let faults = Http::load(&source).unwrap_err().to_string();
        assert_eq!(
            faults,
            "RESOLVER_LISTEN: is not UTF-8 text; give an address and port, such as 127.0.0.1:8080"
        );
    }

    #[test]
    fn variables_of_other_programs_are_not_even_kept() {
        let source = Source::from_process(Vec::<(String, String)>::new());
        assert!(std::env::vars_os().any(|(name, _)| name == "PATH"));
        assert!(source.get("PATH").is_none());
    }
}
