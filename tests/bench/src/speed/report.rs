//! The tables that a run ends with.

use std::{collections::BTreeMap, io, time::Duration};

use bench::console::say;

use crate::{
    counters::PerCall,
    settings::{FEW, Settings},
    world::RATE,
};

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Static,
    Select,
    Hit,
    HitAmongFew,
    SelectWait,
    HitWait,
    Bare,
    Provision,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Static,
        Self::Select,
        Self::Hit,
        Self::HitAmongFew,
        Self::SelectWait,
        Self::HitWait,
        Self::Bare,
        Self::Provision,
    ];

    pub(crate) fn name(self, settings: &Settings) -> String {
        let users = settings.users;
        match self {
            Self::Static => "static JSON through the same stack".to_owned(),
            Self::Select => "bare point select through the same stack".to_owned(),
            Self::Hit => format!("resolve, hit among {users} users"),
            Self::HitAmongFew => format!("resolve, hit among {FEW} users"),
            Self::SelectWait => format!("bare point select, {RATE}/s, p99"),
            Self::HitWait => format!("resolve, hit, {RATE}/s, p99"),
            Self::Bare => "the SQL of a provision, sent bare".to_owned(),
            Self::Provision => "resolve, provision".to_owned(),
        }
    }

    fn is_rate(self) -> bool {
        !matches!(self, Self::SelectWait | Self::HitWait)
    }
}

/// What the rounds gave: one figure a round and kind, calls a second or milliseconds.
#[derive(Default)]
pub(crate) struct Figures {
    by_kind: BTreeMap<Kind, Vec<f64>>,
    statements: BTreeMap<Kind, PerCall>,
    /// MiB.
    pub(crate) memory: f64,
}

impl Figures {
    pub(crate) fn add_rate(&mut self, kind: Kind, (calls, took): (u32, Duration)) {
        self.by_kind.entry(kind).or_default().push(f64::from(calls) / took.as_secs_f64());
    }

    /// The shortest first; their p99 is kept.
    pub(crate) fn add_waits(&mut self, kind: Kind, waits: &[Duration]) {
        let rank = (waits.len() * 99).div_ceil(100).max(1);
        let p99 = waits.get(rank - 1).copied().unwrap_or(Duration::MAX);
        self.by_kind.entry(kind).or_default().push(p99.as_secs_f64() * 1_000.0);
    }

    pub(crate) fn add_statements(&mut self, kind: Kind, per_call: PerCall) {
        self.statements.insert(kind, per_call);
    }

    fn of(&self, kind: Kind) -> &[f64] {
        self.by_kind.get(&kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// The median of the ratios of two kinds, each within its round.
    fn ratio(&self, kind: Kind, base: Kind) -> f64 {
        let ratios = self.of(kind).iter().zip(self.of(base)).map(|(figure, base)| figure / base);
        median(&ratios.collect::<Vec<_>>())
    }

    /// The round that has just ended, for who watches.
    pub(crate) fn latest(&self) -> String {
        let latest = Kind::ALL.map(|kind| {
            let figure = self.of(kind).last().copied().unwrap_or(f64::NAN);
            if kind.is_rate() { format!("{figure:.0}") } else { format!("{figure:.2}") }
        });
        latest.join(" ")
    }
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    if sorted.len() % 2 == 1 {
        at(sorted.len() / 2)
    } else {
        f64::midpoint(at((sorted.len() / 2).saturating_sub(1)), at(sorted.len() / 2))
    }
}

/// Fails only where the comparison is none; a goal that is missed is told.
pub(crate) fn print(settings: &Settings, figures: &Figures) -> anyhow::Result<()> {
    say(&format!(
        "\nMedians of {} rounds of {} s each, {} connections; calls a second, and ms where it says p99:\n",
        settings.rounds,
        settings.turn.as_secs(),
        settings.connections
    ))?;
    say(&format!("{:<44} {:>9} {:>9} {:>9} {:>10}", "", "median", "least", "most", "of static"))?;
    for kind in Kind::ALL {
        let all = figures.of(kind);
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        let most = all.iter().copied().fold(0.0, f64::max);
        let places = if kind.is_rate() { 0 } else { 2 };
        let of_static = if kind.is_rate() && kind != Kind::Bare {
            format!("{:.2}", figures.ratio(kind, Kind::Static))
        } else {
            "-".to_owned()
        };
        let middle = median(all);
        say(&format!(
            "{:<44} {middle:>9.places$} {least:>9.places$} {most:>9.places$} {of_static:>10}",
            kind.name(settings)
        ))?;
    }
    say("\nStatements of one provision, by the server's own count:")?;
    for (kind, per_call) in &figures.statements {
        say(&format!("{:<44} {per_call}", kind.name(settings)))?;
    }
    if let (Some(bare), Some(service)) =
        (figures.statements.get(&Kind::Bare), figures.statements.get(&Kind::Provision))
    {
        service.compare(bare)?;
    }
    Ok(goals(settings, figures)?)
}

fn goals(settings: &Settings, figures: &Figures) -> io::Result<()> {
    let hit = figures.ratio(Kind::Hit, Kind::Select);
    let provision = figures.ratio(Kind::Provision, Kind::Bare);
    let wait = median(figures.of(Kind::HitWait));
    let size = figures.ratio(Kind::Hit, Kind::HitAmongFew);
    let size_name = format!("a hit among {} users / among {FEW}", settings.users);
    let wait_name = format!("p99 of a hit at {RATE}/s, ms");
    say(&format!("\n{:<44} {:>9} {:>13}", "goals", "median", "wanted"))?;
    for (name, figure, wanted, is_met) in [
        ("a hit / a bare select", hit, ">= 0.90", hit >= 0.9),
        ("a provision / its SQL sent bare", provision, ">= 0.50", provision >= 0.5),
        (wait_name.as_str(), wait, "< 5", wait < 5.0),
        ("resident memory at most, MiB", figures.memory, "< 64", figures.memory < 64.0),
        (size_name.as_str(), size, "0.80 to 1.20", (0.8..=1.2).contains(&size)),
    ] {
        let verdict = if is_met { "pass" } else { "FAIL" };
        say(&format!("{name:<44} {figure:>9.2} {wanted:>13}  {verdict}"))?;
    }
    Ok(())
}
