//! Everything that is timed, and the turns it takes.

use std::time::Duration;

use anyhow::Context as _;
use bench::{people, service::Service, table::Database};
use fake_kratos::FakeKratos;

use crate::{
    bare::Bare,
    counters::Counters,
    load::{self, Target},
    report::{Figures, Kind},
    settings::{FEW, Settings},
    wire::Route,
};

/// Calls a second of the open loop.
pub(crate) const RATE: u32 = 500;
/// Nobody provisions faster than this on any machine so far; seeds the first turn.
const FIRST_RATE: f64 = 2_000.0;
/// Work that follows an answer is over by then.
const SETTLED: Duration = Duration::from_millis(100);

const STATIC: Route = Route { path: "/bench/static", says: "{\"userId\":\"" };
const SELECT: Route = Route { path: "/bench/select", says: "{\"userId\":\"" };
const HIT: Route = Route { path: "/rest/internal/identity/resolve", says: "\"created\":false" };
const PROVISION: Route = Route { path: "/rest/internal/identity/resolve", says: "\"created\":true" };

pub(crate) struct World<'a> {
    settings: &'a Settings,
    many: &'a Database,
    among_many: Service,
    among_few: Service,
    kratos: FakeKratos,
    bare: Bare,
    newcomers: Newcomers,
}

/// Whom Kratos knows and the service does not: so many were planted, and so many of them provisioned.
struct Newcomers {
    planted: u32,
    used: u32,
    /// Provisions a second, as last seen.
    rate: f64,
}

impl<'a> World<'a> {
    pub(crate) async fn start(
        settings: &'a Settings,
        many: &'a Database,
        few: &Database,
    ) -> anyhow::Result<Self> {
        let kratos = FakeKratos::start();
        let start = |database: &Database| {
            let (url, admin) = (database.url(), kratos.admin_url());
            async move { Service::start(&settings.program, &url, &admin).await }
        };
        let (among_many, among_few) = (start(many).await?, start(few).await?);
        let bare = Bare::open(&many.url(), settings.connections).await?;
        let newcomers = Newcomers { planted: 0, used: 0, rate: FIRST_RATE };
        Ok(Self { settings, many, among_many, among_few, kratos, bare, newcomers })
    }

    /// A second of each, which nobody counts.
    pub(crate) async fn warm_up(&mut self) -> anyhow::Result<()> {
        for kind in Kind::ALL {
            self.turn(kind, Duration::from_secs(1), &mut Figures::default()).await?;
        }
        Ok(())
    }

    /// Every kind once; the first of one round is the last of the next.
    pub(crate) async fn round(&mut self, number: u32, figures: &mut Figures) -> anyhow::Result<()> {
        let mut order = Kind::ALL;
        order.rotate_left(number as usize % Kind::ALL.len());
        for kind in order {
            let turn = self.turn(kind, self.settings.turn, figures).await;
            turn.with_context(|| kind.name(self.settings))?;
        }
        Ok(())
    }

    async fn turn(&mut self, kind: Kind, time: Duration, figures: &mut Figures) -> anyhow::Result<()> {
        let many = (&self.among_many, self.settings.users);
        let few = (&self.among_few, FEW);
        match kind {
            Kind::Static => figures.add_rate(kind, self.rate(STATIC, many, time).await?),
            Kind::Select => figures.add_rate(kind, self.rate(SELECT, many, time).await?),
            Kind::Hit => figures.add_rate(kind, self.rate(HIT, many, time).await?),
            Kind::HitAmongFew => figures.add_rate(kind, self.rate(HIT, few, time).await?),
            Kind::SelectWait => figures.add_waits(kind, &self.wait(SELECT, time).await?),
            Kind::HitWait => figures.add_waits(kind, &self.wait(HIT, time).await?),
            Kind::Bare | Kind::Provision => self.provisions(kind, time, figures).await?,
        }
        Ok(())
    }

    /// Those who are linked already, as fast as they are answered.
    async fn rate(
        &self,
        route: Route,
        (service, users): (&Service, u32),
        time: Duration,
    ) -> anyhow::Result<(u32, Duration)> {
        let who = |number| Some(people::identity(linked(number, users)));
        let target = Target { address: &service.internal, route, who: &who };
        load::closed(target, self.settings.connections, time).await
    }

    /// Those who are linked already, so many a second.
    async fn wait(&self, route: Route, time: Duration) -> anyhow::Result<Vec<Duration>> {
        let who = |number| Some(people::identity(linked(number, self.settings.users)));
        let target = Target { address: &self.among_many.internal, route, who: &who };
        load::open(target, RATE, time).await
    }

    async fn provisions(&mut self, kind: Kind, time: Duration, figures: &mut Figures) -> anyhow::Result<()> {
        self.plant(time);
        let before = Counters::read(&self.many.pool).await?;
        let done = if kind == Kind::Bare {
            self.bare.provision(time).await?
        } else {
            let first = self.settings.users + self.newcomers.used;
            let left = self.newcomers.planted - self.newcomers.used;
            let who = |number| (number < left).then(|| people::identity(first + number));
            let target = Target { address: &self.among_many.internal, route: PROVISION, who: &who };
            let done = load::closed(target, self.settings.connections, time).await?;
            self.newcomers.used += done.0;
            self.newcomers.rate = f64::from(done.0) / done.1.as_secs_f64();
            done
        };
        tokio::time::sleep(SETTLED).await;
        let after = Counters::read(&self.many.pool).await?;
        figures.add_statements(kind, after.since(&before, done.0)?);
        figures.add_rate(kind, done);
        Ok(())
    }

    /// Twice as many as will be asked for.
    fn plant(&mut self, time: Duration) {
        let needed = f64::from(self.newcomers.used) + 2.0 * self.newcomers.rate * time.as_secs_f64();
        while f64::from(self.newcomers.planted) < needed + 100.0 {
            self.kratos.seed(people::in_kratos(self.settings.users + self.newcomers.planted, true));
            self.newcomers.planted += 1;
        }
    }

    /// The most that the service held resident since it started, in MiB.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.among_many.process()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        let peak: f64 = peak.context("the service's memory")?.trim().parse()?;
        Ok(peak / 1024.0)
    }

    pub(crate) async fn end(self) {
        self.bare.close().await;
    }
}

/// The linked person of a call: all over the table, and everybody once before one comes twice.
fn linked(number: u32, users: u32) -> u32 {
    // A prime that divides no usual size.
    let place = u64::from(number) * 7_368_787 % u64::from(users / 2);
    u32::try_from(place).unwrap_or_default() * 2
}
