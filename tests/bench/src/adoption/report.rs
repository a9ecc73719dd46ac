//! The table that a run ends with.

use std::{io, time::Duration};

use bench::console::say;

use crate::timing::Timed;

/// One line for each kind of call, held against `base` of the same number of callers.
pub(crate) fn table(rows: &[Timed], base: &str, calls: u32) -> io::Result<()> {
    say(&format!(
        "\nOf {calls} calls of each kind, in ms. \"Kratos\" is the mean that the service itself measured of its calls to the \
         double in that row;\n\"less\" is the p99 without that mean (the spread of the double's answers stays in). \"x\" is \
         the p99 held against that of\n\"{base}\" with as many callers. \"503\" counts calls that were turned away as too many; they have no part in the times.\n"
    ))?;
    say(&format!(
        "{:<34} {:>7} {:>8} {:>8} {:>8} {:>8} {:>7} {:>8} {:>5}",
        "", "callers", "p50", "p99", "Kratos", "less", "x", "calls/s", "503"
    ))?;
    for row in rows {
        let base = rows.iter().find(|other| other.what == base && other.callers == row.callers);
        let p99 = row.percentile(99);
        let ratio = base.map_or(f64::NAN, |base| p99.as_secs_f64() / base.percentile(99).as_secs_f64());
        let kratos = row.kratos.map_or_else(|| "-".to_owned(), millis);
        let less = millis(p99.saturating_sub(row.kratos.unwrap_or_default()));
        say(&format!(
            "{:<34} {:>7} {:>8} {:>8} {:>8} {:>8} {:>7.1} {:>8.0} {:>5}",
            row.what,
            row.callers,
            millis(row.percentile(50)),
            millis(p99),
            kratos,
            less,
            ratio,
            row.per_second(),
            row.overloaded
        ))?;
    }
    Ok(())
}

fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1_000.0)
}
