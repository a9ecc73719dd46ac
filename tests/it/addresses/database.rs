//! The database's opinion of two addresses is only a filter: whatever it takes for equal, our comparison decides.

use crate::support::dice::Dice;
use crate::support::world::World;
use fake_kratos::Identity;
use identity_resolver::domain::email::same;
use sqlx::{AssertSqlSafe, Row};

const COLLATIONS: [(&str, &str); 5] = [
    ("utf8mb4", "utf8mb4_general_ci"),
    ("utf8mb4", "utf8mb4_unicode_ci"),
    ("utf8mb4", "utf8mb4_turkish_ci"),
    ("utf8mb4", "utf8mb4_bin"),
    ("latin1", "latin1_swedish_ci"),
];
const PAIRS: usize = 80;

/// What a letter, or the end, of an address is turned into.
const TWISTS: [(&str, &[&str]); 9] = [
    ("i", &["I", "\u{130}", "\u{131}", "i\u{307}", "í", "ｉ"]),
    ("k", &["K", "\u{212a}", "ķ"]),
    ("s", &["S", "\u{17f}", "ß", "ş"]),
    ("a", &["A", "á", "a\u{301}", "\u{430}", "a\u{200b}", "\u{feff}a"]),
    ("o", &["O", "ö", "\u{3bf}", "o\u{ad}", "o\u{0}"]),
    ("fi", &["\u{fb01}", "FI"]),
    ("@", &["@", "＠", "+tag@", ".@"]),
    ("bü", &["bu", "BÜ", "bu\u{308}"]),
    (".example", &[".example ", ".example.", ".example\u{a0}", ".EXAMPLE", "。example"]),
];

fn twisted(dice: &mut Dice, base: &str) -> String {
    let mut address = base.to_owned();
    for _ in 0..dice.below(3) {
        let (from, to) = dice.one_of(&TWISTS);
        address = address.replacen(*from, dice.one_of::<&str>(to), 1);
    }
    address
}

/// The user stored under one address, when the column can hold it; whether the database takes the two for equal.
async fn store(world: &World, one: &str, other: &str) -> Option<(String, bool)> {
    let id = uuid::Uuid::now_v7().to_string();
    let insert = sqlx::query("INSERT INTO `user` (id, email) VALUES (?, ?)").bind(&id).bind(one);
    insert.execute(world.db.pool()).await.ok()?;
    let equal = sqlx::query("SELECT id FROM `user` WHERE id = ? AND email = ?").bind(&id).bind(other);
    let equal = equal.fetch_optional(world.db.pool()).await.ok()?.is_some();
    Some((id, equal))
}

/// Resolves a verified identity with the other address; true when the database alone would have linked it.
async fn is_kept_apart(world: &World, one: &str, other: &str) -> bool {
    let Some((user, equal)) = store(world, one, other).await else { return false };
    let identity = world.kratos.seed(Identity::verified(other));
    let answer = world.client().resolve(identity).await;
    if same(one) == same(other) {
        return false;
    }
    match answer.status {
        200 => assert!(answer.created() && answer.user() != user, "{one:?} {other:?}: {answer}"),
        status => assert!(matches!(status, 409 | 422), "{one:?} {other:?}: {answer}"),
    }
    let stored = world.db.users().await.into_iter().find(|row| row.id == user);
    assert_eq!(stored.expect("the legacy user").auth_id, None, "{one:?} {other:?}");
    equal
}

#[tokio::test]
async fn what_only_the_database_takes_for_equal_is_never_linked() {
    let world = World::start().await;
    let mut dice = Dice::from_env("ADDRESS_SEED");
    let mut only_the_database = 0;
    for (charset, collation) in COLLATIONS {
        world.db.execute("DELETE FROM `user`").await;
        let modify = "ALTER TABLE `user` MODIFY email VARCHAR(255) CHARACTER SET";
        world.db.execute(format!("{modify} {charset} COLLATE {collation} NULL")).await;
        for number in 0..PAIRS {
            let base = format!("kasino{number}fi@bücher.example");
            let (one, other) = (twisted(&mut dice, &base), twisted(&mut dice, &base));
            only_the_database += usize::from(is_kept_apart(&world, &one, &other).await);
        }
    }
    println!("{only_the_database} pairs were equal for the database only");
    assert!(only_the_database > 20, "{only_the_database}");
}

#[tokio::test]
async fn what_hides_behind_a_full_page_of_look_alikes_is_not_overlooked() {
    let world = World::start().await;
    // Every one of these is `iiiiii@b.example` for the LOWER of MariaDB, and nobody's for our comparison.
    for number in 1..=55_u32 {
        let letter = |bit: u32| if number >> bit & 1 == 1 { '\u{130}' } else { 'i' };
        world.db.seed_user(&format!("{}@b.example", (0..6).map(letter).collect::<String>())).await;
    }
    let mallory = world.db.seed_user("iiiiii@b.example").await;
    let found = "SELECT id FROM `user` WHERE resolver_address = 'iiiiii@b.example'";
    let found = sqlx::query(found).fetch_all(world.db.pool()).await.unwrap().len();
    let victim = world.kratos.seed(Identity::verified("iiiiii@b.example"));
    let answer = world.client().resolve(victim).await;
    if found > 50 {
        assert_eq!(answer.refusal(), (409, "identity_email_ambiguous".to_owned()), "{answer}");
    } else {
        assert_eq!(answer.user(), mallory, "this server tells them apart");
    }
}

/// The statement with the condition of the source itself, so that the test asks about no other.
fn list_by_address() -> String {
    let source = include_str!("../../../src/storage/user.rs");
    let (_, rest) = source.split_once("const HAS_ADDRESS: &str =").expect("the condition");
    let condition = rest.split('"').nth(1).expect("its text");
    format!("SELECT id, email, authId, NULL AS resolver_verified FROM `user` WHERE {condition}")
}

#[tokio::test]
async fn candidates_are_found_by_the_index_and_never_sorted() {
    let world = World::start().await;
    world
        .db
        .execute(
            "ALTER TABLE `user` MODIFY email VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        )
        .await;
    let digit = "(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 \
                  UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
    world.db.execute(format!(
        "INSERT INTO `user` (id, email) SELECT LOWER(UUID()), CONCAT('Person', a.d, b.d, c.d, e.d, '@b.example') \
         FROM {digit} a, {digit} b, {digit} c, {digit} e"
    )).await;
    world.db.execute("ANALYZE TABLE `user`").await;
    let known = "person0042@b.example";
    for keys in [["person0042@b.example.", known, known], [known, known, known]] {
        let mut explain =
            sqlx::query(AssertSqlSafe(format!("EXPLAIN FORMAT=TRADITIONAL {}", list_by_address())));
        for key in keys {
            explain = explain.bind(key);
        }
        let plan = explain.fetch_all(world.db.pool()).await.unwrap();
        assert_eq!(plan.len(), 1);
        assert_eq!(plan[0].try_get::<String, _>("key").unwrap(), "user_resolver_address_ix");
        // MariaDB loses rows where it sorts: see the statement.
        let extra = plan[0].try_get::<Option<String>, _>("Extra").unwrap().unwrap_or_default();
        assert!(!extra.contains("filesort"), "{extra}");
        // A text on one server, a number on the other.
        let rows = plan[0].try_get::<String, _>("rows").map(|rows| rows.parse().unwrap());
        let rows: u64 = rows.unwrap_or_else(|_| plan[0].try_get("rows").unwrap());
        assert!(rows <= 6, "{rows}");
    }
    let odd = world.kratos.seed(Identity::verified("person0042@b.example."));
    let answer = world.client().resolve(odd).await;
    assert_eq!(answer.refusal(), (409, "identity_email_ambiguous".to_owned()), "{answer}");
}
