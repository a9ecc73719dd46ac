//! One bad snippet per rule and disguise, and some good ones that look bad.

/// A snippet that must be reported.
pub(super) struct Plant {
    /// By which rule.
    pub(super) rule: &'static str,
    /// As if it lay there.
    pub(super) path: &'static str,
    /// Its text.
    pub(super) text: &'static str,
}

const fn plant(rule: &'static str, path: &'static str, text: &'static str) -> Plant {
    Plant { rule, path, text }
}

const KNOWS: &str = "who may know whom";

/// All of them.
pub(super) const ALL: &[Plant] = &[
    plant(KNOWS, "src/app/a.rs", "//! x\nuse sqlx::MySql;"),
    plant(KNOWS, "src/app/a.rs", "//! x\nfn f() { let _ = sqlx::mysql::MySqlPool::connect(\"\"); }"),
    plant(KNOWS, "src/app/a.rs", "//! x\nfn f(_: ::reqwest::Client) {}"),
    plant(KNOWS, "src/app/a.rs", "//! x\nuse crate::{domain::ids::UserId, http::problem};"),
    plant(KNOWS, "src/app/a.rs", "//! x\nuse super::super::jobs;"),
    plant(KNOWS, "src/app.rs", "//! x\nuse super::cli;"),
    plant(KNOWS, "src/http/a.rs", "//! x\nfn f() { crate::storage::user::find_by_id(); }"),
    plant(KNOWS, "src/http/a.rs", "//! x\nuse crate::{app::{self, resolve}, kratos as other};"),
    plant(KNOWS, "src/http/a.rs", "//! x\nuse crate::config::Database;"),
    plant(KNOWS, "src/http/a.rs", "//! x\nuse crate as everything;"),
    plant(KNOWS, "src/http/a.rs", "//! x\nuse crate::*;"),
    plant(KNOWS, "src/storage/a.rs", "//! x\nuse crate::kratos::Client;"),
    plant(KNOWS, "src/storage/a.rs", "//! x\nfn f() -> crate::app::Error { todo() }"),
    plant(KNOWS, "src/kratos/a.rs", "//! x\nuse crate::storage::pool::Pool;"),
    plant(KNOWS, "src/kratos/a.rs", "//! x\nuse actix_web::web;"),
    plant(KNOWS, "src/outbox/a.rs", "//! x\nuse crate::storage;"),
    plant(KNOWS, "src/jobs/a.rs", "//! x\n#[derive(sqlx::FromRow)]\nstruct A;"),
    plant(KNOWS, "src/jobs/a.rs", "//! x\nuse crate::http;"),
    plant(KNOWS, "src/domain/a.rs", "//! x\nuse serde::Serialize;"),
    plant(KNOWS, "src/domain/a.rs", "//! x\nfn f() { tracing::info!(\"x\"); }"),
    plant(KNOWS, "src/domain/a.rs", "//! x\nasync fn f() {}"),
    plant(KNOWS, "src/domain/a.rs", "//! x\nuse crate::storage;"),
    plant(KNOWS, "src/telemetry/a.rs", "//! x\nuse crate::app;"),
    plant(KNOWS, "src/io.rs", "//! x\nuse crate::startup;"),
    plant(KNOWS, "src/config/a.rs", "//! x\nuse crate::cli;"),
    plant(KNOWS, "src/app/a.rs", "//! x\npub use crate::storage::user::User;"),
    plant(KNOWS, "src/extra/a.rs", "//! x\nfn f() {}"),
    plant("status codes in http", "src/app/a.rs", "//! x\nfn f() -> StatusCode { StatusCode::CONFLICT }"),
    plant("status codes in http", "src/storage/a.rs", "//! x\nfn f(_: http::StatusCode) {}"),
    plant(KNOWS, "src/http/a.rs", "//! x\nuse crate::config;\nfn f(_: config::Database) {}"),
    plant("status codes in http", "src/startup.rs", "//! x\nuse actix_web::HttpResponse;"),
    plant("SQL in storage", "src/app/a.rs", "//! x\nfn f() { query(TEXT); }"),
    plant("SQL in storage", "src/cli/a.rs", "//! x\nfn f() { x::query_as::<_, Row>(TEXT); }"),
    plant("SQL in storage", "src/cli/a.rs", "//! x\nfn f() { x::query!(TEXT); }"),
    plant("SQL in storage", "src/jobs/a.rs", "//! x\nconst A: &str = \"SELECT id FROM `user`\";"),
    plant("SQL in storage", "src/http/a.rs", "//! x\nconst A: &str = r#\"\n    DELETE FROM lease\"#;"),
    plant(
        "history is only appended",
        "src/storage/a.rs",
        "//! x\nconst A: &str = \"UPDATE link_history SET why = ?\";",
    ),
    plant(
        "history is only appended",
        "src/storage/a.rs",
        "//! x\nconst A: &str = \"delete from link_history\";",
    ),
    plant("no cancelled database future", "src/app/a.rs", "//! x\nfn f() { tokio::time::timeout(d, g()); }"),
    plant(
        "no cancelled database future",
        "src/storage/a.rs",
        "//! x\nfn f() { tokio::select! { _ = g() => {} } }",
    ),
    plant("no cancelled database future", "src/jobs/a.rs", "//! x\nfn f() { time::timeout_at(d, g()); }"),
    plant("SQL is a literal", "src/storage/a.rs", "//! x\nfn f() { sqlx::query(&format!(\"{a}\")); }"),
    plant("SQL is a literal", "src/storage/a.rs", "//! x\nfn f() { let a = AssertSqlSafe(text); }"),
    plant("SQL is a literal", "src/storage/a.rs", "//! x\nfn f() { QueryBuilder::new(text); }"),
    plant(
        "one writer of authId",
        "src/app/a.rs",
        "//! x\nconst A: &str = \"UPDATE user SET authId = ? WHERE id = ?\";",
    ),
    plant(
        "one writer of authId",
        "src/storage/user.rs",
        "//! x\nconst A: &str = \"INSERT INTO user (id, authId) VALUES (?)\";",
    ),
    plant("no mod.rs", "src/app/mod.rs", "//! x\n"),
    plant("says what it decides", "src/app/a.rs", "fn f() {}"),
    plant("a name that says something", "src/app/helpers.rs", "//! x\n"),
];

/// Must pass: path and text.
pub(super) const INNOCENT: &[(&str, &str)] = &[
    ("src/app/a.rs", "//! sqlx::query(\nuse crate::{clock, domain::ids::UserId, storage::user};\n"),
    (
        "src/app/a.rs",
        "//! x\n// crate::http, SELECT\n/* sqlx::query( /* nested */ reqwest:: */\nfn f<'a>(_: &'a str) {}",
    ),
    (
        "src/app/a.rs",
        "//! x\nfn f() { log(\"sqlx::query(crate::http) \\\" timeout(\", '\"', '\\'', b\"reqwest::x\"); }",
    ),
    (
        "src/app/a.rs",
        "//! x\n#[cfg(test)]\nmod tests {\n    use sqlx::x;\n    const A: &str = \"SELECT 1\";\n}\n",
    ),
    ("src/domain/a.rs", "//! x\nuse super::ids::UserId;\nuse std::fmt;\nfn f() { fmt::x(Kind::Any); }"),
    (
        "src/http/a.rs",
        "//! x\nuse crate::config::http::Http;\nuse crate::config::Http as H;\nuse actix_web::http::StatusCode;",
    ),
    ("src/http/a.rs", "//! x\nuse crate::config;\nfn f(_: config::Http) {}"),
    ("src/storage/a.rs", "//! x\nfn f() { timeout(d, done.notified()); }"),
    ("src/config/a.rs", "//! x\nuse super::http;\nfn f() { url.query(); http::LISTEN }"),
    ("src/kratos/a.rs", "//! x\nfn f(a: reqwest::StatusCode) { tokio::time::timeout(a, b); }"),
    (
        "src/storage/a.rs",
        "//! x\nfn f() { sqlx::query!(\"SELECT ?\", format!(\"a\")); sqlx::query(A, format!(\"b\")); }",
    ),
    ("src/storage/pool/guard.rs", "//! x\nfn f() { tokio::time::timeout(a, b); }"),
    ("src/storage/a.rs", "//! x\nfn timeout(a: u8) { self.timeout = query_me; sqlx::query(\"SELECT 1\"); }"),
    ("src/storage/a.rs", "//! x\nconst A: &str = \"INSERT INTO link_history (id) VALUES (?)\";"),
    ("src/startup.rs", "//! x\nuse crate::{app, http, kratos, storage};"),
    ("src/main.rs", "//! x\nuse identity_resolver::cli;"),
];
