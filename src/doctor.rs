//! What an operator wants to know before and after a deployment, and when something is wrong: settings, database,
//! the platform's table, its addresses, Kratos and its schemas. Each check says what it found, why it matters and
//! what to do; one that fails does not keep the others from being made, and none waits without limit. Nothing is
//! changed, and nothing told holds a secret, an address or a person's name.

use crate::config::{Sections, Source};

mod addresses;
mod columns;
mod database;
mod finding;
mod kratos;
mod proposal;
mod rights;
mod schema;
mod schemas;
mod settings;
mod trait_rules;

pub use finding::{Finding, Severity};

/// What is told while the checks are made.
#[derive(Debug)]
pub enum Said {
    /// Something was found.
    Finding(Finding),
    /// So many users' addresses have been looked at.
    Progress(u64),
}

/// What all findings together come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// A setting is wrong.
    pub has_faults: bool,
    /// The worst of all.
    pub worst: Severity,
}

/// Takes what is found, as it is found.
struct Report<'a> {
    tell: &'a mut dyn FnMut(Said),
    outcome: Outcome,
}

impl Report<'_> {
    fn add(&mut self, finding: Finding) {
        self.outcome.worst = self.outcome.worst.max(finding.severity);
        (self.tell)(Said::Finding(finding));
    }

    fn progress(&mut self, looked_at: u64) {
        (self.tell)(Said::Progress(looked_at));
    }
}

/// Makes every check that the settings allow; a section with a fault is a finding, and what needs it is left out.
pub async fn examine(source: &Source, tell: &mut dyn FnMut(Said)) -> Outcome {
    let (sections, faults) = Sections::load(source);
    let mut report = Report { tell, outcome: Outcome { has_faults: faults.is_some(), ..Outcome::default() } };
    settings::check(&sections, faults.as_ref(), &mut report);
    database::check(&sections, &mut report).await;
    kratos::check(&sections, &mut report).await;
    report.outcome
}
