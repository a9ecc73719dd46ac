//! Row b where the deleted user had more than one identity in its life.

use super::is_refused;
use crate::support::world::World;
use fake_kratos::Identity;

#[tokio::test]
async fn b_holds_also_when_the_user_had_another_identity_at_the_end() {
    let world = World::start().await;
    let user = world.db.seed_user("a@b.example").await;
    let first = world.kratos.seed(Identity::verified("a@b.example"));
    let second = world.kratos.seed(Identity::verified("a@b.example"));
    assert_eq!(world.client().resolve(first).await.user(), user);
    world.db.execute(format!("UPDATE `user` SET authId = NULL WHERE id = '{user}'")).await;
    assert_eq!(world.client().resolve(second).await.user(), user);
    world.db.delete_user(&user).await;
    for identity in [first, second] {
        is_refused(&world, identity, 409, "identity_link_requires_review").await;
    }
}
