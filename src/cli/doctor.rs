//! `doctor`: what is wrong, why it matters, what to do. For people aligned text, for programs one JSON line per
//! finding. Exit codes: 0 all is well, 10 warnings only, 1 errors, 2 wrong settings.

use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Command;
use serde_json::json;

use super::{Failed, print};
use crate::{
    config::Source,
    doctor::{self, Finding, Outcome, Said, Severity},
    startup,
};

/// Exit code for warnings and nothing worse.
const WARNINGS: u8 = 10;
/// Between two looks at how far a long check is.
const PROGRESS: Duration = Duration::from_millis(500);
/// Before what follows the first line of a finding.
const MARGIN: &str = "                     ";

pub(super) fn command() -> Command {
    Command::new("doctor").about(
        "Checks settings, database, Kratos and its schemas, each finding with its fix; exits 10 on warnings only, 1 on \
         errors",
    )
}

pub(super) fn run(source: &Source) -> Result<(), Failed> {
    let runtime = startup::io_runtime().context("the runtime")?;
    let mut told = Teller {
        is_terminal: std::io::stdout().is_terminal(),
        next: Instant::now() + PROGRESS,
        counts: [0; 3],
    };
    let outcome = runtime.block_on(doctor::examine(source, &mut |said| told.tell(said)));
    if told.is_terminal {
        let [ok, warnings, errors] = told.counts;
        print(&format!("{ok} well, {warnings} warning(s), {errors} error(s)"));
    }
    match exit_code(outcome) {
        0 => Ok(()),
        code => Err(Failed::Told(code)),
    }
}

fn exit_code(outcome: Outcome) -> u8 {
    match outcome {
        Outcome { has_faults: true, .. } => 2,
        Outcome { worst: Severity::Error, .. } => 1,
        Outcome { worst: Severity::Warning, .. } => WARNINGS,
        Outcome { worst: Severity::Ok, .. } => 0,
    }
}

struct Teller {
    is_terminal: bool,
    /// When progress is shown next.
    next: Instant,
    counts: [u32; 3],
}

impl Teller {
    fn tell(&mut self, said: Said) {
        match said {
            Said::Finding(finding) => {
                if let Some(count) = self.counts.get_mut(finding.severity as usize) {
                    *count += 1;
                }
                if self.is_terminal {
                    for line in lines(&finding) {
                        print(&line);
                    }
                } else {
                    print(&json(&finding));
                }
            }
            Said::Progress(users) if self.is_terminal && Instant::now() >= self.next => {
                self.next = Instant::now() + PROGRESS;
                // The next line of a finding covers it.
                let _ = write!(std::io::stdout(), "looked at {users} users\r");
                let _ = std::io::stdout().flush();
            }
            Said::Progress(_) => {}
        }
    }
}

fn json(finding: &Finding) -> String {
    let said = |text: &String| (!text.is_empty()).then(|| text.clone());
    json!({
        "severity": finding.severity.as_str(),
        "check": finding.check,
        "found": finding.found,
        "why": said(&finding.matters),
        "fix": said(&finding.fix),
        "paste": finding.paste,
    })
    .to_string()
}

fn lines(finding: &Finding) -> Vec<String> {
    let Finding { severity, check, found, matters, fix, paste } = finding;
    let mut lines = vec![format!("{:<8} {check:<10}  {found}", severity.as_str())];
    let rest = [("why", matters), ("fix", fix)].into_iter().filter(|(_, text)| !text.is_empty());
    lines.extend(rest.map(|(word, text)| format!("{MARGIN}{word}  {text}")));
    lines.extend(paste.iter().flat_map(|text| text.lines()).map(|line| format!("{MARGIN}     {line}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(paste: Option<&str>) -> Finding {
        Finding {
            severity: Severity::Error,
            check: "columns",
            found: "no rule".to_owned(),
            matters: "Newcomers wait.".to_owned(),
            fix: "Paste:".to_owned(),
            paste: paste.map(str::to_owned),
        }
    }

    #[test]
    fn people_get_aligned_lines() {
        let wanted = [
            "error    columns     no rule",
            "                     why  Newcomers wait.",
            "                     fix  Paste:",
            "                          {",
            "                          }",
        ];
        assert_eq!(lines(&finding(Some("{\n}"))), wanted);
        let well =
            Finding { matters: String::new(), fix: String::new(), severity: Severity::Ok, ..finding(None) };
        assert_eq!(lines(&well), ["ok       columns     no rule"]);
    }

    #[test]
    fn programs_get_one_line_with_every_key() {
        let line: serde_json::Value = serde_json::from_str(&json(&finding(Some("{\n}")))).unwrap();
        let wanted = json!({"severity": "error", "check": "columns", "found": "no rule", "why": "Newcomers wait.",
            "fix": "Paste:", "paste": "{\n}"});
        assert_eq!(line, wanted);
        assert!(!json(&finding(Some("{\n}"))).contains('\n'));
    }

    #[test]
    fn the_worst_finding_decides_and_wrong_settings_before_all() {
        for (has_faults, worst, code) in [
            (false, Severity::Ok, 0),
            (false, Severity::Warning, 10),
            (false, Severity::Error, 1),
            (true, Severity::Error, 2),
        ] {
            assert_eq!(exit_code(Outcome { has_faults, worst }), code);
        }
    }
}
