//! Bad input of every kind is refused before anything is asked or written: a 4xx in the error form, the
//! double not called, the tables as they were.

mod framework;
mod mutations;
mod rows;

use crate::support::world::World;
use fake_kratos::Identity;
use std::collections::BTreeMap;

/// A world with something in it to be harmed, and what it looked like.
struct Watched {
    world: World,
    before: BTreeMap<String, i64>,
    known: uuid::Uuid,
}

impl Watched {
    async fn start() -> Watched {
        Watched::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Watched {
        let world = World::with(settings).await;
        let known = world.kratos.seed(Identity::verified("known@b.example"));
        world.db.seed_user("legacy@b.example").await;
        assert!(world.client().resolve(known).await.created());
        world.kratos.reset_calls();
        let before = world.db.checksums().await;
        Watched { world, before, known }
    }

    /// Nothing was asked of Kratos, nothing was written, and the service still answers.
    async fn is_unharmed(&self) {
        assert_eq!(self.world.kratos.calls(), 0, "Kratos was asked");
        assert_eq!(self.world.db.checksums().await, self.before, "something was written");
        assert!(!self.world.client().resolve(self.known).await.created());
    }
}

#[tokio::test]
async fn every_named_bad_body_is_refused() {
    let watched = Watched::start().await;
    let rows = rows::bodies();
    assert!(rows.len() >= 60, "{} rows", rows.len());
    for (what, body) in rows {
        let answer = watched.world.client().post(body, &[]).await;
        assert_eq!(answer.refusal(), (400, "bad_user_input".to_owned()), "{what}: {answer}");
    }
    watched.is_unharmed().await;
}

#[tokio::test]
async fn every_other_media_type_and_encoding_is_refused() {
    let watched = Watched::start().await;
    let body = serde_json::json!({ "kratosIdentityId": uuid::Uuid::now_v7().to_string() }).to_string();
    for (what, headers) in rows::media_types() {
        let answer = watched.world.client().post(body.clone(), &headers).await;
        assert_eq!(answer.refusal(), (415, "unsupported_media_type".to_owned()), "{what}: {answer}");
    }
    watched.is_unharmed().await;
}

#[tokio::test]
async fn json_by_another_spelling_of_its_type_is_taken() {
    let watched = Watched::start().await;
    let body = serde_json::json!({ "kratosIdentityId": watched.known }).to_string();
    for kind in ["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"] {
        let answer = watched.world.client().post(body.clone(), &[("content-type", kind)]).await;
        assert_eq!(answer.status, 200, "{kind}: {answer}");
    }
}

#[tokio::test]
async fn the_same_id_in_other_json_clothes_is_taken() {
    let watched = Watched::start().await;
    let id = watched.known;
    let bodies = [
        format!("\r\n\t {{ \"kratosIdentityId\" :\n\"{id}\" }} \n"),
        format!("{{\"kratosIdentity\\u0049d\":\"{id}\"}}"),
        format!(
            "{{\"kratosIdentityId\":\"\\u{:04x}{}\"}}",
            u32::from(id.to_string().as_bytes()[0]),
            &id.to_string()[1..]
        ),
    ];
    for body in bodies {
        let answer = watched.world.client().post(body.clone(), &[]).await;
        assert_eq!(answer.status, 200, "{body}: {answer}");
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
    let watched = Watched::start().await;
    let json = serde_json::json!({ "kratosIdentityId": watched.known }).to_string();
    let fits = format!("{json}{}", " ".repeat(4096 - json.len()));
    assert_eq!(watched.world.client().post(fits.clone(), &[]).await.status, 200);
    let over = watched.world.client().post(fits + " ", &[]).await;
    assert_eq!(over.refusal(), (413, "payload_too_large".to_owned()));
    watched.is_unharmed().await;
}
