#!/usr/bin/env bash
# `make sqlx`: writes `.sqlx/`, what the compiler needs to know about our queries, from the migrations' tables in a
# throw-away database. With --check nothing is written; a stale or missing file fails with its name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/env/process.sh
. tests/env/database.sh

mode=${1:-write}
case $mode in write | --check) ;; *) fail 'usage: tests/env/sqlx.sh [--check]' ;; esac

# The files are applied as they are, not by the service's own `migrate`: it cannot be built while `.sqlx` is stale.
apply_migrations() {
  local file
  sql -e 'CREATE DATABASE identity_resolver CHARACTER SET utf8mb4'
  for file in migrations/*.up.sql; do
    sql identity_resolver <"$file" || fail "$file could not be applied"
  done
}

# Leaves one file per query in $scratch/sqlx.
describe_queries() {
  mkdir "$scratch/sqlx"
  # cargo does not know that a database changed: only a touched source makes it expand the queries again.
  touch src/lib.rs
  # The collation is named because it goes into the files, and servers differ in what they take when it is not.
  export DATABASE_URL="$throw_away_url/identity_resolver?collation=utf8mb4_general_ci"
  export SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$scratch/sqlx"
  launch queries cargo check --quiet --workspace --lib --bins --locked
  wait "$launched"
}

stop_on_exit
sweep
scratch_open
database_ensure
database_throw_away 24306
apply_migrations
describe_queries
if [ "$mode" = write ]; then
  mkdir -p .sqlx
  rm -f .sqlx/query-*.json
  cp "$scratch"/sqlx/query-*.json .sqlx/
  printf '.sqlx describes %s queries\n' "$(find .sqlx -name 'query-*.json' | wc -l)"
elif ! diff -rq .sqlx "$scratch/sqlx"; then
  fail '.sqlx is stale: run `make sqlx` and commit what it writes'
fi
