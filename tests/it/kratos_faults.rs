//! Whatever Kratos does, a miss is answered as the contract says, inside the deadline, and nothing is
//! written; a hit is answered as if nothing were wrong.

use crate::support::world::World;
use crate::support::{eventually, service::PATIENCE};
use fake_kratos::{Action, FakeKratos, Garbage, Identity, Rule};
use serde_json::json;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The breaker is kept out of the way of tests that are not about it.
const NO_BREAKER: (&str, &str) = ("RESOLVER_BREAKER_FAILURES", "1000");
/// Limits short enough to be waited for; the margin is the machine's.
const SHORT: [(&str, &str); 4] = [
    NO_BREAKER,
    ("RESOLVER_KRATOS_CONNECT_MILLIS", "200"),
    ("RESOLVER_KRATOS_TOTAL_MILLIS", "400"),
    ("RESOLVER_REQUEST_DEADLINE_MILLIS", "800"),
];
const DEADLINE: Duration = Duration::from_millis(800 + 700);

fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

struct Hurt {
    what: String,
    world: World,
    known: Uuid,
    unknown: Uuid,
}

impl Hurt {
    /// A world with one link; then every call for the other identity meets the fault.
    async fn by(action: Action) -> Hurt {
        let world = World::with(&SHORT).await;
        let known = world.kratos.seed(Identity::verified("known@b.example"));
        let unknown = world.kratos.seed(Identity::verified("new@b.example"));
        assert!(world.client().resolve(known).await.created());
        let what = format!("{action:?}");
        world.kratos.fault(Rule::any(action));
        Hurt { what, world, known, unknown }
    }

    /// The miss is answered so, in time; nothing is written; the hit does not notice; all is well after.
    async fn is_answered(&self, status: u16, code: &str) {
        let before = self.world.db.checksums().await;
        let start = Instant::now();
        let answer = self.world.client().resolve(self.unknown).await;
        assert!(start.elapsed() < DEADLINE, "{}: {:?}", self.what, start.elapsed());
        assert_eq!(answer.refusal(), refusal(status, code), "{}: {answer}", self.what);
        assert!(!self.world.client().resolve(self.known).await.created());
        assert_eq!(self.world.db.checksums().await, before, "{}", self.what);
        self.world.kratos.clear_faults();
        assert!(self.world.client().resolve(self.unknown).await.created());
    }
}

#[tokio::test]
async fn a_kratos_that_is_not_there_is_unavailable_and_hits_do_not_notice() {
    let world = World::start().await;
    let known = world.kratos.seed(Identity::verified("a@b.example"));
    let user = world.client().resolve(known).await.user();
    let lonely = world.setup().clone().set("KRATOS_ADMIN_URL", "http://127.0.0.1:1").serve().await;
    let start = Instant::now();
    let miss = lonely.client.resolve(Uuid::now_v7()).await;
    assert_eq!(miss.refusal(), refusal(503, "kratos_unavailable"));
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_eq!(lonely.client.resolve(known).await.user(), user);
    assert_eq!(lonely.client.operations("/health/ready").await.string("kratos"), "unavailable");
}

#[tokio::test]
async fn a_kratos_that_never_answers_is_unavailable() {
    Hurt::by(Action::Hang).await.is_answered(503, "kratos_unavailable").await;
}

#[tokio::test]
async fn a_kratos_that_is_too_slow_is_unavailable() {
    Hurt::by(Action::Delay { ms: 3_000 }).await.is_answered(503, "kratos_unavailable").await;
}

#[tokio::test]
async fn a_kratos_that_only_drips_is_unavailable() {
    Hurt::by(Action::Drip { ms: 20 }).await.is_answered(503, "kratos_unavailable").await;
}

#[tokio::test]
async fn a_kratos_that_is_a_little_slow_is_waited_for() {
    let hurt = Hurt::by(Action::Delay { ms: 100 }).await;
    assert!(hurt.world.client().resolve(hurt.unknown).await.created());
}

#[tokio::test]
async fn statuses_of_a_kratos_in_trouble_mean_unavailable() {
    for code in [500, 502, 503, 504, 401, 403, 429] {
        Hurt::by(Action::status(code)).await.is_answered(503, "kratos_unavailable").await;
    }
}

#[tokio::test]
async fn statuses_that_make_no_sense_are_an_invalid_response() {
    for code in [400, 405, 409, 410, 418, 301, 204] {
        Hurt::by(Action::status(code)).await.is_answered(502, "kratos_invalid_response").await;
    }
}

#[tokio::test]
async fn garbage_of_every_sort_is_an_invalid_response() {
    let sorts = [
        Garbage::Html,
        Garbage::Empty,
        Garbage::Null,
        Garbage::Array,
        Garbage::WrongTypes,
        Garbage::InvalidUtf8,
        Garbage::Huge { bytes: 300 * 1024 },
        Garbage::Deep { levels: 10_000 },
        Garbage::DuplicateKeys,
    ];
    for kind in sorts {
        Hurt::by(Action::garbage(kind)).await.is_answered(502, "kratos_invalid_response").await;
    }
}

#[tokio::test]
async fn an_answer_cut_short_creates_nobody() {
    let hurt = Hurt::by(Action::Truncate).await;
    let before = hurt.world.db.checksums().await;
    let answer = hurt.world.client().resolve(hurt.unknown).await;
    assert!(matches!(answer.status, 502 | 503), "{answer}");
    assert_eq!(hurt.world.db.checksums().await, before);
}

#[tokio::test]
async fn one_cut_connection_is_tried_again() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.kratos.fault(Rule::any(Action::Refuse).times(1));
    assert!(world.client().resolve(identity).await.created());
    assert_eq!(world.kratos.calls_for(identity), 2);
}

#[tokio::test]
async fn another_identity_than_the_one_asked_for_is_an_invalid_response() {
    Hurt::by(Action::WrongId).await.is_answered(502, "kratos_invalid_response").await;
}

#[tokio::test]
async fn only_kratos_own_404_means_that_there_is_no_identity() {
    let own = json!({ "error": { "code": 404, "status": "Not Found", "message": "Unable to locate the resource" } });
    Hurt::by(Action::answer(404, own)).await.is_answered(404, "identity_not_found").await;
    let foreign = [
        json!("<html><body>404 Not Found</body></html>"),
        json!("404 page not found\n"),
        json!({}),
        json!({ "error": { "code": 502, "message": "x" } }),
        json!({ "error": "not found" }),
        json!([]),
    ];
    for body in foreign {
        Hurt::by(Action::answer(404, body)).await.is_answered(502, "kratos_invalid_response").await;
    }
}

#[tokio::test]
async fn a_404_is_believed_only_for_as_long_as_it_is_said() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.kratos.fault(Rule::on(identity, Action::Flap(vec![404, 200, 404])));
    assert_eq!(world.client().resolve(identity).await.refusal(), refusal(404, "identity_not_found"));
    assert!(world.client().resolve(identity).await.created());
    assert!(!world.client().resolve(identity).await.created());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = FakeKratos::start();
    let hurt = {
        let location = format!("{}/admin/identities/{}", elsewhere.admin_url(), Uuid::now_v7());
        let headers = vec![("Location".to_owned(), location)];
        Hurt::by(Action::Status { code: 302, body: None, headers, content_type: None }).await
    };
    hurt.is_answered(502, "kratos_invalid_response").await;
    assert_eq!(elsewhere.calls(), 0);
}

#[tokio::test]
async fn proxy_variables_are_ignored() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let setup = names.iter().fold(world.setup().clone(), |setup, name| setup.set(name, "http://127.0.0.1:1"));
    let replica = setup.serve().await;
    assert!(replica.client.resolve(identity).await.created());
}

#[tokio::test]
async fn a_failing_kratos_is_asked_twice_and_a_busy_one_once() {
    for (code, calls) in [(500, 2), (503, 2), (429, 1), (401, 1), (404, 1)] {
        let hurt = Hurt::by(Action::status(code)).await;
        hurt.world.client().resolve(hurt.unknown).await;
        let seen = hurt.world.kratos.calls_for(hurt.unknown);
        assert!(seen >= 1 && seen <= calls, "{code}: {seen} calls");
    }
}

#[tokio::test]
async fn a_proxy_that_answers_in_place_of_kratos_does_not_close_the_breaker() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.kratos.fault(Rule::any(Action::status(500)));
    for _ in 0..6 {
        world.client().resolve(identity).await;
    }
    world.kratos.clear_faults();
    world.kratos.fault(Rule::any(Action::garbage(Garbage::Html)));
    eventually("a probe meets the proxy", PATIENCE, async || {
        (world.client().resolve(identity).await.status == 502).then_some(())
    })
    .await;
    assert_eq!(world.client().resolve(identity).await.refusal(), refusal(503, "kratos_unavailable"));
}

#[tokio::test]
async fn the_breaker_opens_and_closes_again_by_itself() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.kratos.fault(Rule::any(Action::status(500)));
    for _ in 0..6 {
        assert_eq!(world.client().resolve(identity).await.refusal(), refusal(503, "kratos_unavailable"));
    }
    let asked = world.kratos.calls();
    let start = Instant::now();
    for _ in 0..20 {
        assert_eq!(world.client().resolve(identity).await.refusal(), refusal(503, "kratos_unavailable"));
    }
    // A probe a second is all that an open breaker lets through.
    let probes = u64::try_from(start.elapsed().as_millis()).unwrap() / 1_000 + 1;
    assert!(world.kratos.calls() <= asked + probes * 2, "{} calls after {asked}", world.kratos.calls());
    world.kratos.clear_faults();
    let answer = eventually("the breaker closes", PATIENCE, async || {
        let answer = world.client().resolve(identity).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    assert!(answer.created());
}

#[tokio::test]
async fn an_open_breaker_probes_at_least_as_often_as_the_setting_says() {
    let settings = [("RESOLVER_BREAKER_FAILURES", "1"), ("RESOLVER_BREAKER_MAX_SECONDS", "1")];
    let world = World::with(&settings).await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.kratos.fault(Rule::any(Action::status(503)));
    world.client().resolve(identity).await;
    let start = Instant::now();
    world.kratos.reset_calls();
    eventually("three probes", PATIENCE, async || {
        world.client().resolve(identity).await;
        (world.kratos.calls() >= 3).then_some(())
    })
    .await;
    // Doubling steps of 1, 2 and 4 seconds would be there after 7.
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
}

#[tokio::test]
async fn identities_that_are_not_found_do_not_open_the_breaker() {
    let world = World::start().await;
    for _ in 0..12 {
        assert_eq!(world.client().resolve(Uuid::now_v7()).await.status, 404);
    }
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    assert!(world.client().resolve(identity).await.created());
}

#[tokio::test]
async fn unknown_fields_and_values_are_no_garbage() {
    let world = World::start().await;
    let overriding = json!({
        "region": "eu", "new_field": { "deep": [1, null] }, "organization_id": null,
        "credentials": { "deviceauthn": { "type": "deviceauthn", "identifiers": [] } },
        "recovery_addresses": [{ "via": "whatsapp", "value": "+1" }],
    });
    let identity = world.kratos.seed(Identity::verified("a@b.example").overriding(overriding));
    assert!(world.client().resolve(identity).await.created());
}

#[tokio::test]
async fn a_verified_address_of_another_channel_proves_nothing() {
    let world = World::start().await;
    let identity = world.kratos.seed(Identity::verified("a@b.example"));
    world.kratos.update(identity, |json| json["verifiable_addresses"][0]["via"] = json!("whatsapp"));
    assert_eq!(world.client().resolve(identity).await.refusal(), refusal(422, "identity_email_unverified"));
}
