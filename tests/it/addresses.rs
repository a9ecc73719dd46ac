//! Addresses that are not the same but may be taken for each other: never linked, never created side by side.

mod database;

use crate::support::world::World;
use fake_kratos::Identity;
use uuid::Uuid;

const AMBIGUOUS: (u16, &str) = (409, "identity_email_ambiguous");

async fn is_ambiguous(world: &World, identity: Uuid) {
    let before = (world.db.users().await, world.db.claims().await, world.db.history().await);
    let answer = world.client().resolve(identity).await;
    assert_eq!(answer.refusal(), (AMBIGUOUS.0, AMBIGUOUS.1.to_owned()), "{answer}");
    assert_eq!((world.db.users().await, world.db.claims().await, world.db.history().await), before);
}

#[tokio::test]
async fn an_odd_newcomer_is_not_linked_to_the_user_it_can_be_taken_for() {
    let world = World::with(&[("RESOLVER_LINKING", "trust"), ("RESOLVER_PROVISIONING", "any")]).await;
    world.db.seed_user("Ada@B.example").await;
    world.db.seed_user("žofie@bücher.example").await;
    for odd in [
        "a\u{200b}da@b.example",
        "ada@b.example.",
        "ａda@b.example",
        "a\u{ad}da@B.EXAMPLE",
        "žofie@xn--bcher-kva.example",
        "z\u{30c}ofie@bu\u{308}cher.example",
    ] {
        is_ambiguous(&world, world.kratos.seed(Identity::verified(odd))).await;
        is_ambiguous(&world, world.kratos.seed(Identity::unverified(odd))).await;
    }
}

#[tokio::test]
async fn a_user_stored_in_punycode_is_found_from_its_unicode_form() {
    let world = World::start().await;
    world.db.seed_user("ada@xn--bcher-kva.example").await;
    is_ambiguous(&world, world.kratos.seed(Identity::verified("ada@bücher.example"))).await;
    let same = world.kratos.seed(Identity::verified("ada@XN--BCHER-KVA.example"));
    assert!(!world.client().resolve(same).await.created());
}

#[tokio::test]
async fn a_confusable_user_beside_an_exact_one_is_ambiguous_linked_or_not() {
    let world = World::start().await;
    let exact = world.db.seed_user("a\u{200b}da@b.example").await;
    let newcomer = world.kratos.seed(Identity::verified("a\u{200b}da@b.example"));
    let other = world.db.seed_user("ada@b.example").await;
    is_ambiguous(&world, newcomer).await;
    let owner = world.kratos.seed(Identity::verified("ada@b.example"));
    assert_eq!(world.client().resolve(owner).await.user(), other);
    is_ambiguous(&world, newcomer).await;
    world.db.delete_user(&other).await;
    assert_eq!(world.client().resolve(newcomer).await.user(), exact);
}

#[tokio::test]
async fn the_claim_is_kept_by_the_form_that_confusable_addresses_share() {
    let world = World::start().await;
    let first = world.kratos.seed(Identity::verified("A\u{200b}da@b.example."));
    let user = world.client().resolve(first).await.user();
    assert_eq!(world.db.claims().await, [("ada@b.example".to_owned(), user.clone())]);
    assert_eq!(world.db.users().await[0].email.as_deref(), Some("A\u{200b}da@b.example."));
    // Only the claim leads to the first one: its own row is not found by the key of the second.
    is_ambiguous(&world, world.kratos.seed(Identity::verified("ada@b.example"))).await;
    is_ambiguous(&world, world.kratos.seed(Identity::verified("ada\u{feff}@b.example"))).await;
    let twin = world.kratos.seed(Identity::verified("a\u{200b}DA@b.example."));
    let answer = world.client().resolve(twin).await;
    assert_eq!(answer.refusal(), (409, "identity_linked_elsewhere".to_owned()), "{answer}");
    assert_eq!(world.client().resolve(first).await.user(), user);
}

#[tokio::test]
async fn a_claim_is_void_when_its_user_has_another_address_and_not_when_it_only_looks_different() {
    let world = World::start().await;
    let first = world.kratos.seed(Identity::verified("ada@b.example"));
    let holder = world.client().resolve(first).await.user();
    let edit = async |email: &str| {
        let done =
            sqlx::query("UPDATE `user` SET email = NULLIF(?, '') WHERE id = ?").bind(email).bind(&holder);
        assert_eq!(done.execute(world.db.pool()).await.unwrap().rows_affected(), 1);
    };
    let second = world.kratos.seed(Identity::verified("ada@b.example"));
    for still in ["ADA@b\u{200d}.example", "ａda@b.example", "ada@b.example."] {
        edit(still).await;
        is_ambiguous(&world, second).await;
    }
    edit("ada@elsewhere.example").await;
    let answer = world.client().resolve(second).await;
    assert!(answer.created());
    assert_eq!(world.db.claims().await, [("ada@b.example".to_owned(), answer.user())]);
    assert_eq!(world.client().resolve(first).await.user(), holder);
}

#[tokio::test]
async fn a_claim_whose_user_has_no_address_any_more_is_void() {
    let world = World::start().await;
    let first = world.kratos.seed(Identity::verified("ada\u{200b}@b.example"));
    let holder = world.client().resolve(first).await.user();
    world.db.execute("UPDATE `user` SET email = NULL").await;
    let second = world.kratos.seed(Identity::verified("ada@b.example"));
    let answer = world.client().resolve(second).await;
    assert!(answer.created() && answer.user() != holder);
    assert_eq!(world.db.claims().await, [("ada@b.example".to_owned(), answer.user())]);
}

#[tokio::test]
async fn an_address_of_nothing_visible_or_without_a_key_that_fits_is_refused() {
    let world = World::start().await;
    for none in
        ["\u{200b}@b.example", "ada@\u{2060}", "ada@.", &format!("{}@b.example", "\u{fdfa}".repeat(20))]
    {
        let identity = world.kratos.seed(Identity::verified(none));
        let answer = world.client().resolve(identity).await;
        assert_eq!(answer.refusal(), (422, "identity_traits_invalid".to_owned()), "{none:?}: {answer}");
    }
    assert!(world.db.users().await.is_empty() && world.db.claims().await.is_empty());
}

#[tokio::test]
async fn the_longest_key_that_fits_is_stored_whole() {
    let world = World::start().await;
    let long = format!("{}@{}.example", "\u{fdfa}".repeat(12), "b".repeat(30));
    let identity = world.kratos.seed(Identity::verified(long.as_str()));
    assert!(world.client().resolve(identity).await.created());
    let claims = world.db.claims().await;
    assert_eq!(claims[0].0, identity_resolver::domain::email::confusable(&long));
    assert!(claims[0].0.chars().count() > 250, "{claims:?}");
}
