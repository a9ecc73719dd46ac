//! What most tests stand in: a migrated database, the double, one ready service.

use super::client::Client;
use super::database::TestDb;
use super::proxy::Proxy;
use super::service::{Service, Setup};
use fake_kratos::FakeKratos;

/// The service is stopped first, its database dropped last.
pub(crate) struct World {
    /// The service under test.
    pub(crate) service: Service,
    /// The double of Kratos.
    pub(crate) kratos: FakeKratos,
    /// The tables.
    pub(crate) db: TestDb,
    setup: Setup,
}

impl World {
    /// With every setting at its default.
    pub(crate) async fn start() -> World {
        World::with(&[]).await
    }

    /// With patience for a machine that is busy with the test's own callers: for races, where being refused as
    /// overloaded is right and says nothing.
    pub(crate) async fn patient() -> World {
        World::with(&[("RESOLVER_POOL_WAIT_MILLIS", "1500")]).await
    }

    /// With some settings.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> World {
        World::on(TestDb::create().await, settings).await
    }

    /// On a database of a server of the test's own.
    pub(crate) async fn on(db: TestDb, settings: &[(&str, &str)]) -> World {
        let kratos = FakeKratos::start();
        let setup = Setup::new(&db.url(), &kratos.admin_url()).with(settings);
        setup.migrate();
        let service = setup.serve().await;
        World { service, kratos, db, setup }
    }

    /// With a proxy between the service and its database; hold it as long as the world.
    pub(crate) async fn behind_a_proxy(settings: &[(&str, &str)]) -> (Proxy, World) {
        let (kratos, db) = (FakeKratos::start(), TestDb::create().await);
        let door = Proxy::open(db.address());
        let setup = Setup::new(&db.url_through(door.port()), &kratos.admin_url()).with(settings);
        setup.migrate();
        let service = setup.serve().await;
        (door, World { service, kratos, db, setup })
    }

    /// Speaks to the service.
    pub(crate) fn client(&self) -> &Client {
        &self.service.client
    }

    /// The environment of the service, to start replicas with other settings.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// One more process on the same database and the same double.
    pub(crate) async fn replica(&self) -> Service {
        self.setup.serve().await
    }
}
