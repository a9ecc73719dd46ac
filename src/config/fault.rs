//! What can be wrong with settings. A fault holds the setting's name and an explanation, and is never given the
//! value: what cannot be stored cannot leak.

use std::{collections::BTreeSet, fmt};

/// One thing that is wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable as it must be written, `_FILE` included where the fault is the file's.
    pub setting: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting.escape_debug(), self.problem)
    }
}

/// Everything that is wrong, one line each; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// In the order of the sections.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// The faults of several sections together, each fault once.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        let mut seen = BTreeSet::new();
        let all = self.0.into_iter().chain(others.0);
        Self(all.filter(|fault| seen.insert(fault.to_string())).collect())
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
