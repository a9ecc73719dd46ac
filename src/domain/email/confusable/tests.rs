//! The table of address collations by name, and what holds for any two texts.

use proptest::prelude::*;

use super::*;

/// Written twice: `same()` says so too.
const SAME: &[(&str, &str, &str)] = &[
    ("case", "Ada@Example.ORG", "ada@example.org"),
    ("blanks around", " \tada@b.example \r\n", "ada@b.example"),
    ("no-break space at the end", "ada@b.example\u{a0}", "ada@b.example"),
    ("Kelvin sign", "\u{212a}im@b.example", "kim@b.example"),
    ("capital sigma", "ΟΔΟΣ@b.example", "οδοσ@b.example"),
    ("capital sharp s", "stra\u{1e9e}e@b.example", "straße@b.example"),
];

/// Another address by `same()`, but one that may be taken for it.
const CONFUSABLE: &[(&str, &str, &str)] = &[
    ("zero-width space", "a\u{200b}da@b.example", "ada@b.example"),
    ("zero-width non-joiner", "a\u{200c}da@b.example", "ada@b.example"),
    ("zero-width joiner", "ada@b\u{200d}.example", "ada@b.example"),
    ("byte order mark in front", "\u{feff}ada@b.example", "ada@b.example"),
    ("word joiner", "ada\u{2060}@b.example", "ada@b.example"),
    ("soft hyphen", "a\u{ad}da@b.example", "ada@b.example"),
    ("left-to-right mark", "ada\u{200e}@b.example", "ada@b.example"),
    ("right-to-left override", "\u{202e}ada@b.example", "ada@b.example"),
    ("isolate", "\u{2066}ada\u{2069}@b.example", "ada@b.example"),
    ("arabic letter mark", "ada\u{61c}@b.example", "ada@b.example"),
    ("variation selector", "ada\u{fe0f}@b.example", "ada@b.example"),
    ("supplementary variation selector", "ada\u{e0100}@b.example", "ada@b.example"),
    ("tag", "ada\u{e0061}@b.example", "ada@b.example"),
    ("hangul filler", "ada\u{3164}@b.example", "ada@b.example"),
    ("combining grapheme joiner", "ada\u{34f}@b.example", "ada@b.example"),
    ("NUL", "ada\0@b.example", "ada@b.example"),
    ("CR LF", "ada@b.example\r\nx", "ada@b.examplex"),
    ("blank before an invisible end", "ada@b.example \u{200b}", "ada@b.example"),
    ("NFC and NFD", "rene\u{301}@b.example", "ren\u{e9}@b.example"),
    ("fullwidth", "ａｄａ＠ｂ．ｅｘａｍｐｌｅ", "ada@b.example"),
    ("small at sign", "ada\u{fe6b}b.example", "ada@b.example"),
    ("ligature", "\u{fb01}n@b.example", "fin@b.example"),
    ("long s", "\u{17f}am@b.example", "sam@b.example"),
    ("capital after NFKC", "\u{210c}al@b.example", "hal@b.example"),
    ("Turkish capital I with a dot, taken apart", "\u{130}@b.example", "i\u{307}@b.example"),
    ("superscript", "ada\u{b2}@b.example", "ada2@b.example"),
    ("Punycode", "ada@xn--bcher-kva.example", "ada@bücher.example"),
    ("Punycode in capitals", "ada@XN--BCHER-KVA.example", "ada@BÜCHER.example"),
    ("Punycode and NFD", "ada@xn--bcher-kva.example", "ada@bu\u{308}cher.example"),
    ("Punycode beside a broken label", "ada@xn--bcher-kva.xn--\u{2764}", "ada@bücher.xn--\u{2764}"),
    ("trailing dot", "ada@b.example.", "ada@b.example"),
    ("trailing dot after Punycode", "ada@xn--bcher-kva.example.", "ada@bücher.example"),
    ("ideographic full stop", "ada@b。example", "ada@b.example"),
    ("halfwidth ideographic full stop", "ada@b｡example", "ada@b.example"),
];

/// Two people, as far as anybody can tell.
const APART: &[(&str, &str, &str)] = &[
    ("sharp s", "straße@b.example", "strasse@b.example"),
    ("sharp s in the domain", "ada@straße.example", "ada@strasse.example"),
    ("Turkish capital I with a dot", "\u{130}@b.example", "i@b.example"),
    ("Turkish dotless i", "\u{131}@b.example", "i@b.example"),
    ("final sigma", "οδος@b.example", "οδοσ@b.example"),
    ("accent", "rene@b.example", "ren\u{e9}@b.example"),
    ("Cyrillic a", "\u{430}da@b.example", "ada@b.example"),
    ("Greek omicron", "b\u{3bf}b@b.example", "bob@b.example"),
    ("Cyrillic domain", "ada@\u{430}pple.example", "ada@apple.example"),
    ("plus tag", "ada+tag@b.example", "ada@b.example"),
    ("dots of Gmail", "a.d.a@gmail.com", "ada@gmail.com"),
    ("dot at the end of the local part", "ada.@b.example", "ada@b.example"),
    ("quoted local part", "\"ada\"@b.example", "ada@b.example"),
    ("comment", "ada(comment)@b.example", "ada@b.example"),
    ("Punycode in the local part", "xn--bcher-kva@b.example", "bücher@b.example"),
    ("blank inside", "a da@b.example", "ada@b.example"),
    ("domain literal", "ada@[127.0.0.1]", "ada@127.0.0.1"),
];

#[test]
fn what_is_the_same_is_confusable_too() {
    for (name, one, other) in SAME {
        assert_eq!(same(one), same(other), "{name}");
        assert_eq!(confusable(one), confusable(other), "{name}");
    }
}

#[test]
fn what_only_looks_the_same_is_confusable_and_not_the_same() {
    for (name, one, other) in CONFUSABLE {
        assert_ne!(same(one), same(other), "{name}");
        assert_eq!(confusable(one), confusable(other), "{name}");
    }
}

#[test]
fn other_mailboxes_stay_apart() {
    for (name, one, other) in APART {
        assert_ne!(same(one), same(other), "{name}");
        assert_ne!(confusable(one), confusable(other), "{name}");
    }
}

#[test]
fn ordinary_addresses_are_their_own_key() {
    for address in ["ada@b.example", "a.d-a_7+t@sub.b.example", "\"a b\"@c.example", "žofie@příklad.example"]
    {
        assert_eq!(confusable(address), address);
    }
}

#[test]
fn punycode_is_made_of_the_domain_only() {
    assert_eq!(in_punycode("žofie@bücher.example"), "žofie@xn--bcher-kva.example");
    assert_eq!(in_punycode("ada@b.example"), "ada@b.example");
    assert_eq!(in_punycode("nobody"), "nobody");
}

#[test]
fn every_code_point_comes_to_rest_wherever_it_stands() {
    // The planes between hold nothing, and the private ones nothing that folds.
    for c in (0..=0x3_3479).chain(0xe_0000..=0xe_1000).filter_map(char::from_u32) {
        let once = confusable(&format!("a{c}b@c{c}d.example"));
        assert_eq!(fold(&once), once, "{c:?}");
        assert!(!once.chars().any(is_invisible), "{c:?}");
    }
}

#[test]
fn long_tails_and_nests_come_to_rest() {
    let tail = format!("a@b{}", " .\u{a0}\u{200b}。".repeat(50));
    comes_to_rest(&tail);
    assert_eq!(confusable(&tail), "a@b");
    let mut nested = "bü".to_owned();
    for _ in 0..12 {
        nested = in_punycode(&format!("a@{nested}é")).split_off(2);
        comes_to_rest(&format!("a@{nested}"));
    }
}

#[track_caller]
fn comes_to_rest(text: &str) {
    let once = confusable(text);
    assert_eq!(confusable(&once), once, "{text:?}");
    assert_eq!(fold(&once), once, "{text:?}");
}

/// Pieces that meet in real collisions, so that random texts are not all harmless.
fn piece() -> impl Strategy<Value = String> {
    let odd = "[\u{a0}\u{ad}\u{130}\u{131}\u{17f}\u{212a}\u{1e9e}ßÉé\u{301}\u{307}ﬁＡ＠．。\u{200b}\u{200d}\u{fe0f}Σς\u{13a0}\u{ab70}\0\r\n]";
    let whole = ["@", ".", "xn--", "bcher-kva", "xn--bcher-kva", "ü", "…", "\u{a8}"].map(ToOwned::to_owned);
    prop_oneof!["[a-zA-Z0-9]{1,3}", odd, proptest::sample::select(whole.to_vec()), "\\PC"]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => proptest::collection::vec(piece(), 0..12).prop_map(|all| all.concat()), 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn any_text_comes_to_rest(text in text()) {
        comes_to_rest(&text);
    }

    #[test]
    fn confusable_is_symmetric_and_follows_from_same(one in text(), other in text(), upper: bool) {
        let key = confusable(&one);
        prop_assert_eq!(key == confusable(&other), confusable(&other) == key);
        let cased = if upper { one.to_uppercase() } else { one.to_lowercase() };
        for other in [other, cased, format!(" {one}\n")] {
            if same(&one) == same(&other) {
                prop_assert_eq!(&confusable(&other), &key);
            }
        }
        prop_assert_eq!(confusable(&format!("{one}\u{200b}")), key);
    }
}
