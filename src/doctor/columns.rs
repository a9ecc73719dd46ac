//! The platform's own columns of `user`, and the settings that name them.

use super::{Finding, Report, proposal};
use crate::{
    domain::{policy::Provisioning, user_columns::UserColumns},
    storage::{
        Pool, StorageError,
        user::{self, Gap},
    },
};

const CHECK: &str = "columns";

pub(super) async fn check(
    pool: &Pool,
    wanted: &UserColumns,
    provisioning: Provisioning,
    report: &mut Report<'_>,
) -> Result<(), StorageError> {
    let inspection = user::inspect(&mut pool.acquire().await?).await?;
    if inspection.faults.is_empty() && inspection.gaps.is_empty() {
        report
            .add(Finding::ok(CHECK, "the settings fit the table user, and its required columns are filled"));
    }
    for fault in &inspection.faults {
        report.add(
            Finding::error(CHECK, fault.clone()).because("`serve` does not start (exit code 2).").fix(
                "Correct the setting's file or name, or leave the rule out; deploy/README.md has the form.",
            ),
        );
    }
    for warning in &inspection.warnings {
        report.add(
            Finding::warning(CHECK, warning.clone())
                .because("The second of two such people is answered 503 provisioning_impossible.")
                .fix("Give the column $slug, or $uuid, in the file of RESOLVER_USER_COLUMNS_FILE."),
        );
    }
    for finding in gaps(&inspection.gaps, wanted, provisioning) {
        report.add(finding);
    }
    Ok(())
}

fn gaps(gaps: &[Gap], wanted: &UserColumns, provisioning: Provisioning) -> Vec<Finding> {
    let why = "Newcomers are answered 503 provisioning_impossible; hits and links go on.";
    let finding = |found: String| {
        let is_harmless = provisioning == Provisioning::Off;
        let finding = if is_harmless { Finding::warning(CHECK, found) } else { Finding::error(CHECK, found) };
        finding.because(if is_harmless {
            "Nobody could be created, if RESOLVER_PROVISIONING were not off."
        } else {
            why
        })
    };
    let proposal = proposal::propose(&wanted.rules, gaps);
    let mut told = Vec::new();
    if !proposal.filled.is_empty() {
        let found = format!("no rule fills these required columns of user: {}", proposal.filled.join(", "));
        let fix = "Look each value over, then make this the whole content of the file that RESOLVER_USER_COLUMNS_FILE \
                   names; rules in force are in it:";
        told.push(finding(found).fix(fix).paste(proposal.file));
    }
    if !proposal.referring.is_empty() {
        let found = format!(
            "no rule fills these required columns of user, which refer to another table: {}",
            proposal.referring.join(", ")
        );
        let fix = "Choose for each a value that is there, and give it to the column in the file that \
                   RESOLVER_USER_COLUMNS_FILE names.";
        told.push(finding(found).fix(fix));
    }
    if !proposal.unfillable.is_empty() {
        let found =
            format!("no rule can fill these required columns of user: {}", proposal.unfillable.join(", "));
        let fix = "Let the platform give each of them a DEFAULT, or let it be NULL, in its own migrations.";
        told.push(finding(found).fix(fix));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;

    fn gap(kind: &str, is_unique: bool) -> Gap {
        Gap { column: "x".to_owned(), kind: kind.to_owned(), is_unique, holds_json: false, refers_to: None }
    }

    #[test]
    fn a_gap_matters_less_where_nobody_is_created() {
        for (provisioning, severity) in
            [(Provisioning::Verified, Severity::Error), (Provisioning::Off, Severity::Warning)]
        {
            let told =
                gaps(&[gap("int(11)", false), gap("blob", false)], &UserColumns::default(), provisioning);
            assert!(told.len() == 2 && told.iter().all(|finding| finding.severity == severity), "{told:?}");
            assert!(told[0].paste.is_some() && told[1].paste.is_none());
        }
    }
}
