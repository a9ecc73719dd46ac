//! Ten thousand bodies broken at random. The seed is printed; `BAD_INPUT_SEED` plays one again.

use super::Watched;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

const BODIES: usize = 10_000;
const AT_ONCE: usize = 16;

/// A small generator of its own (`SplitMix64`), so that a seed means the same for ever.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.next() & 0xff).unwrap()
    }
}

const SNIPPETS: [&[u8]; 20] = [
    b"null",
    b"true",
    b"{}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b":",
    b"\"kratosIdentityId\":",
    b"\"authenticationId\":",
    b"00000000-0000-0000-0000-000000000000",
    b"\\u0000",
    b"\\ud83d",
    b"\xc3\x28",
    b"\xef\xbb\xbf",
    b"1e999",
    b"-",
    b"' OR 1=1 -- ",
    b"urn:uuid:",
];

fn mutated(random: &mut Random) -> Vec<u8> {
    let key = if random.below(2) == 0 { "kratosIdentityId" } else { "authenticationId" };
    let id = Uuid::from_u64_pair(random.next(), random.next());
    let mut body = format!("{{\"{key}\":\"{id}\"}}").into_bytes();
    for _ in 0..=random.below(4) {
        let at = random.below(body.len());
        let until = (at + 1 + random.below(12)).min(body.len());
        match random.below(8) {
            0 => body[at..until].reverse(),
            1 => drop(body.drain(at..until)),
            2 => body.insert(at, random.byte()),
            3 => body.truncate(at),
            4 => body.splice(at..at, SNIPPETS[random.below(SNIPPETS.len())].iter().copied()).for_each(drop),
            5 => {
                let copy = body[at..until].to_vec();
                body.splice(until..until, copy).for_each(drop);
            }
            6 => body[at] ^= 1 << random.below(8),
            _ => body[at] = random.byte(),
        }
        if body.is_empty() {
            break;
        }
    }
    body
}

/// Whether a mutation left, or made, a body that the contract takes. Written apart from the service: the
/// keys in order of appearance, by a reader of plain values.
fn is_good(body: &[u8]) -> bool {
    struct Pairs(Vec<(String, Value)>);
    impl<'de> serde::Deserialize<'de> for Pairs {
        fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
            struct Reader;
            impl<'de> serde::de::Visitor<'de> for Reader {
                type Value = Pairs;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                    let mut pairs = Vec::new();
                    while let Some(pair) = map.next_entry()? {
                        pairs.push(pair);
                    }
                    Ok(Pairs(pairs))
                }
            }
            source.deserialize_map(Reader)
        }
    }
    let Ok(text) = std::str::from_utf8(body) else { return false };
    let Ok(Pairs(pairs)) = serde_json::from_str(text) else { return false };
    match pairs.as_slice() {
        [(key, Value::String(id))] => {
            matches!(key.as_str(), "kratosIdentityId" | "authenticationId")
                && id.len() == 36
                && Uuid::try_parse(id).is_ok_and(|id| !id.is_nil() && !id.is_max())
        }
        _ => false,
    }
}

#[tokio::test]
async fn ten_thousand_broken_bodies_are_refused() {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let given = std::env::var_os("BAD_INPUT_SEED").and_then(|text| text.to_str()?.parse().ok());
    let seed = given.unwrap_or(u64::try_from(clock & u128::from(u64::MAX)).unwrap());
    println!("BAD_INPUT_SEED={seed}");
    let watched = Watched::start().await;
    let mut random = Random(seed);
    let bodies: Vec<Vec<u8>> =
        std::iter::repeat_with(|| mutated(&mut random)).filter(|body| !is_good(body)).take(BODIES).collect();
    let distinct: BTreeSet<&Vec<u8>> = bodies.iter().collect();
    assert!(distinct.len() > BODIES / 2, "the generator repeats itself");
    let mut callers = tokio::task::JoinSet::new();
    for share in bodies.chunks(BODIES / AT_ONCE) {
        let (client, share) = (watched.world.client().clone(), share.to_vec());
        callers.spawn(async move {
            for body in share {
                let shown = String::from_utf8_lossy(&body).into_owned();
                let answer = client.post(body, &[]).await;
                assert_eq!(
                    answer.refusal(),
                    (400, "bad_user_input".to_owned()),
                    "seed {seed}, body {shown:?}: {answer}"
                );
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    watched.is_unharmed().await;
}

#[test]
fn the_judge_of_mutations_knows_good_from_bad() {
    let id = "a0000000-0000-4000-8000-00000000000a";
    assert!(is_good(format!("{{\"kratosIdentityId\":\"{id}\"}}").as_bytes()));
    assert!(is_good(format!(" {{\"authenticationId\":\"{}\"}}", id.to_uppercase()).as_bytes()));
    for (what, body) in super::rows::bodies() {
        assert!(!is_good(&body), "{what}");
    }
}
