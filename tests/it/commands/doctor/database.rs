//! A database that cannot be entered, or does not answer.

use super::{Ward, examine};
use std::net::TcpListener;

#[tokio::test]
async fn a_database_that_is_down_is_found_and_kratos_is_examined_all_the_same() {
    let ward = Ward::new().await.set("DATABASE_URL", "mysql://canary:canary@127.0.0.1:1/users");
    let told = ward.examine();
    told.is(1).only("error", "the database cannot be reached: connection refused");
    told.only("ok", "Kratos v26.2.0 answers");
    assert!(!told.text.contains("canary"), "{}", told.text);
}

#[tokio::test]
async fn a_database_that_takes_the_connection_and_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mysql://canary:canary@{}/users", silent.local_addr().unwrap());
    let told = Ward::new().await.set("DATABASE_URL", &url).examine();
    told.is(1).only("error", "the database cannot be reached: connecting took too long");
}

#[tokio::test]
async fn a_table_that_somebody_holds_locked_ends_its_checks_and_not_the_others() {
    let ward = Ward::new().await;
    let mut holder = ward.db.pool().acquire().await.unwrap();
    sqlx::raw_sql("LOCK TABLES `user` WRITE").execute(&mut *holder).await.unwrap();
    let told = ward.examine();
    // Before anything can fail: a database with a locked table cannot be dropped.
    sqlx::raw_sql("UNLOCK TABLES").execute(&mut *holder).await.unwrap();
    told.is(1).only("warning", "whether the account has SELECT on the table user is not known");
    told.only("error", "the check came to no end");
    told.only("ok", "Kratos v26.2.0 answers");
    ward.examine().is(0);
}

#[tokio::test]
async fn a_log_in_that_is_refused_is_told_without_the_account() {
    let ward = Ward::new().await;
    let mut url: url::Url = ward.db.url().parse().unwrap();
    url.set_password(Some("CanaryPassword")).unwrap();
    let told = examine(&ward.setup.clone().set("DATABASE_URL", url.as_str()));
    told.is(1).only("error", "the server refuses the log-in");
    assert!(!told.text.contains("Canary") && !told.text.contains(url.username()), "{}", told.text);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_with_the_command_that_makes_it() {
    let ward = Ward::new().await;
    let mut url: url::Url = ward.db.url().parse().unwrap();
    url.set_path("ir_test_nowhere");
    let told = examine(&ward.setup.clone().set("DATABASE_URL", url.as_str()));
    assert_eq!(told.is(1).paste("error", "no database of the name"), "CREATE DATABASE `ir_test_nowhere`;");
}
