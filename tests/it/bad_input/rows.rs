//! The named rows of bad input.

use serde_json::json;

const ID: &str = "a0000000-0000-4000-8000-00000000000a";

/// A value in place of the id, as JSON text.
fn value(text: &str) -> Vec<u8> {
    format!("{{\"kratosIdentityId\":{text}}}").into_bytes()
}

/// A string in place of the id.
fn string(text: &str) -> Vec<u8> {
    json!({ "kratosIdentityId": text }).to_string().into_bytes()
}

fn text(body: impl Into<String>) -> Vec<u8> {
    body.into().into_bytes()
}

/// Every body that must be answered 400, by name.
pub(super) fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = not_json();
    all.extend(not_an_object());
    all.extend(wrong_keys());
    all.extend(wrong_values());
    all.extend(not_a_uuid());
    all.extend(not_text());
    all
}

fn not_json() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", text("")),
        ("blanks", text(" \r\n\t")),
        ("a form", text(format!("kratosIdentityId={ID}"))),
        ("a bare id", text(ID)),
        ("an object cut short", text(format!("{{\"kratosIdentityId\":\"{ID}\""))),
        ("a string cut short", text(format!("{{\"kratosIdentityId\":\"{ID}"))),
        ("a comma too many", text(format!("{{\"kratosIdentityId\":\"{ID}\",}}"))),
        ("a comma before", text(format!("{{,\"kratosIdentityId\":\"{ID}\"}}"))),
        ("something behind", text(format!("{{\"kratosIdentityId\":\"{ID}\"}}x"))),
        ("two objects", text(format!("{{\"kratosIdentityId\":\"{ID}\"}}{{\"kratosIdentityId\":\"{ID}\"}}"))),
        ("two lines of JSON", text(format!("{{\"kratosIdentityId\":\"{ID}\"}}\n{{}}"))),
        ("single quotes", text(format!("{{'kratosIdentityId':'{ID}'}}"))),
        ("a key without quotes", text(format!("{{kratosIdentityId:\"{ID}\"}}"))),
        ("a comment", text(format!("{{\"kratosIdentityId\":\"{ID}\"/**/}}"))),
        ("a line comment", text(format!("{{\"kratosIdentityId\":\"{ID}\"}}//"))),
        ("a colon too few", text(format!("{{\"kratosIdentityId\" \"{ID}\"}}"))),
        ("NaN", value("NaN")),
        ("XML", text(format!("<kratosIdentityId>{ID}</kratosIdentityId>"))),
        ("a nesting of 3,000", text("[".repeat(3_000))),
    ]
}

fn not_an_object() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("null", text("null")),
        ("true", text("true")),
        ("a number", text("7")),
        ("a string", text(format!("\"{ID}\""))),
        ("an array of the id", text(format!("[\"{ID}\"]"))),
        ("an array of both ids", text(format!("[\"{ID}\",\"{ID}\"]"))),
        ("an array of the object", text(format!("[{{\"kratosIdentityId\":\"{ID}\"}}]"))),
        ("an array of nothing", text("[]")),
        ("JSON in a string", text(json!(format!("{{\"kratosIdentityId\":\"{ID}\"}}")).to_string())),
    ]
}

fn wrong_keys() -> Vec<(&'static str, Vec<u8>)> {
    let nested = format!("{{\"kratosIdentityId\":\"{ID}\",\"x\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let many = (0..200).map(|number| format!("\"k{number}\":0")).collect::<Vec<_>>().join(",");
    vec![
        ("no key", text("{}")),
        ("both keys", text(json!({ "kratosIdentityId": ID, "authenticationId": ID }).to_string())),
        (
            "both keys, one null",
            text(json!({ "kratosIdentityId": ID, "authenticationId": null }).to_string()),
        ),
        ("an unknown key", text(json!({ "identityId": ID }).to_string())),
        ("an unknown key more", text(json!({ "kratosIdentityId": ID, "role": "admin" }).to_string())),
        ("an unknown null more", text(json!({ "kratosIdentityId": ID, "x": null }).to_string())),
        (
            "the key twice, equal",
            text(format!("{{\"kratosIdentityId\":\"{ID}\",\"kratosIdentityId\":\"{ID}\"}}")),
        ),
        (
            "the key twice, null first",
            text(format!("{{\"kratosIdentityId\":null,\"kratosIdentityId\":\"{ID}\"}}")),
        ),
        (
            "the key twice, once escaped",
            text(format!("{{\"kratosIdentityId\":\"{ID}\",\"kratosIdentityI\\u0064\":\"{ID}\"}}")),
        ),
        (
            "the other key twice",
            text(format!("{{\"authenticationId\":\"{ID}\",\"authenticationId\":\"{ID}\"}}")),
        ),
        ("another letter case", text(json!({ "KratosIdentityId": ID }).to_string())),
        ("all capitals", text(json!({ "KRATOSIDENTITYID": ID }).to_string())),
        ("snakes", text(json!({ "kratos_identity_id": ID }).to_string())),
        ("a blank in the key", text(json!({ "kratosIdentityId ": ID }).to_string())),
        ("a zero byte in the key", text(json!({ "kratosIdentityId\0": ID }).to_string())),
        ("an empty key", text(json!({ "": ID }).to_string())),
        ("a prototype", text(json!({ "kratosIdentityId": ID, "__proto__": {} }).to_string())),
        ("the key of the batch", text(json!({ "kratosIdentityIds": [ID] }).to_string())),
        ("the key of the answer", text(json!({ "actorID": ID }).to_string())),
        ("a deep unknown key", text(nested)),
        ("200 unknown keys", text(format!("{{{many},\"kratosIdentityId\":\"{ID}\"}}"))),
    ]
}

fn wrong_values() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a null", value("null")),
        ("a null in the other dialect", text("{\"authenticationId\":null}")),
        ("a number in the other dialect", text("{\"authenticationId\":7}")),
        ("a number as id", value("7")),
        ("a huge number", value("1e400")),
        ("a number of 36 digits", value(&"7".repeat(36))),
        ("true as id", value("true")),
        ("an array as id", value(&format!("[\"{ID}\"]"))),
        ("bytes as id", value("[160,0,0,0,0,0,64,0,128,0,0,0,0,0,0,10]")),
        ("an object as id", value(&format!("{{\"id\":\"{ID}\"}}"))),
        ("an operator as id", value("{\"$ne\":null}")),
    ]
}

fn not_a_uuid() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("an empty id", string("")),
        ("the nil id", string("00000000-0000-0000-0000-000000000000")),
        ("the max id", string("ffffffff-ffff-ffff-ffff-ffffffffffff")),
        ("the max id in capitals", string("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF")),
        ("braces", string(&format!("{{{ID}}}"))),
        ("a URN", string(&format!("urn:uuid:{ID}"))),
        ("32 digits", string(&ID.replace('-', ""))),
        ("35 characters", string(&ID[..35])),
        ("37 characters", string(&format!("{ID}0"))),
        ("a blank before", string(&format!(" {ID}"))),
        ("a blank behind", string(&format!("{ID} "))),
        ("a line end behind", string(&format!("{ID}\n"))),
        ("a zero byte behind", string(&format!("{ID}\0"))),
        ("a letter that is no digit", string(&ID.replace("a0", "g0"))),
        ("hyphens elsewhere", string("a00000000-000-4000-8000-00000000000a")),
        ("36 characters without hyphens", string(&"a".repeat(36))),
        ("underscores", string(&ID.replace('-', "_"))),
        ("typographic hyphens", string(&ID.replace('-', "\u{2010}"))),
        ("wide digits", string(&ID.replace('4', "\u{ff14}"))),
        ("a Cyrillic letter", string(&ID.replace('a', "\u{430}"))),
        ("36 bytes of other letters", string(&"\u{e9}".repeat(18))),
        ("a plus sign", string(&ID.replacen("a0", "+0", 1))),
        ("SQL", string("' OR '1'='1' -- aaaaaaaaaaaaaaaaaaaaa")),
        ("SQL of the right length", string("' OR authId IS NOT NULL -- aaaaaaaaaa")),
        ("a path", string("../../health/ready")),
        ("an id and a path", string(&format!("{ID}/../../version"))),
        ("a percent sign", string(&ID.replace('-', "%2d"))),
        ("a wildcard", string("%")),
        ("an address", string("ada@example.org")),
        ("a long text", string(&"a".repeat(4_000))),
    ]
}

fn not_text() -> Vec<(&'static str, Vec<u8>)> {
    let whole = format!("{{\"kratosIdentityId\":\"{ID}\"}}");
    let with = |bad: &[u8]| [&whole.as_bytes()[..24], bad, &whole.as_bytes()[24..]].concat();
    vec![
        ("a byte order mark", ["\u{feff}".as_bytes(), whole.as_bytes()].concat()),
        ("UTF-16", whole.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("broken UTF-8 in the id", with(b"\xff")),
        ("broken UTF-8 in a key", b"{\"kratosIdentityId\xc3\x28\":1}".to_vec()),
        ("broken UTF-8 behind", [whole.as_bytes(), b"\xff"].concat()),
        ("an overlong form", with(b"\xc0\xaf")),
        ("half a surrogate in UTF-8", with(b"\xed\xa0\x80")),
        ("half a surrogate as an escape", value("\"\\ud800\"")),
        ("a bare control character", with(b"\x01")),
        ("a bare line end", with(b"\n")),
        ("zero bytes", vec![0; 64]),
        (
            "gzip",
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00"
                .to_vec(),
        ),
    ]
}

/// Headers that make a good body one of a wrong type, by name.
pub(super) fn media_types() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    let kind = |kind| vec![("content-type", kind)];
    vec![
        ("an empty type", kind("")),
        ("text", kind("text/plain")),
        ("JSON as text", kind("text/json")),
        ("a form", kind("application/x-www-form-urlencoded")),
        ("parts", kind("multipart/form-data; boundary=x")),
        ("XML", kind("application/xml")),
        ("a JSON patch", kind("application/json-patch+json")),
        ("a problem", kind("application/problem+json")),
        ("JSON lines", kind("application/jsonlines")),
        ("a longer name", kind("application/jsonx")),
        ("a shorter name", kind("application/jso")),
        ("anything", kind("*/*")),
        ("two types in one", kind("application/json, text/plain")),
        ("Latin 1", kind("application/json; charset=iso-8859-1")),
        ("UTF-16", kind("application/json; charset=utf-16")),
        ("a charset of no name", kind("application/json; charset=")),
        ("two charsets", kind("application/json; charset=utf-8; charset=latin1")),
        ("two types", vec![("content-type", "application/json"), ("content-type", "application/json")]),
        ("gzip", vec![("content-type", "application/json"), ("content-encoding", "gzip")]),
        ("br", vec![("content-type", "application/json"), ("content-encoding", "br")]),
        ("deflate", vec![("content-type", "application/json"), ("content-encoding", "deflate")]),
        ("identity", vec![("content-type", "application/json"), ("content-encoding", "identity")]),
        ("two encodings", vec![("content-type", "application/json"), ("content-encoding", "gzip, gzip")]),
    ]
}
