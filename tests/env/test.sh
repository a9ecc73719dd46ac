#!/usr/bin/env bash
# `make test`: every test of the workspace, against a real database server. Arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/env/process.sh
. tests/env/database.sh

stop_on_exit
sweep
scratch_open
if [ -n "${DATABASE_URL:-}" ]; then
  printf 'tests use the database server that DATABASE_URL names\n'
  TEST_DATABASE_URL=$(server_of "$DATABASE_URL")
else
  database_ensure
  database_throw_away 23306
  printf 'tests use a throw-away database server on port %s\n' "$database_port"
  TEST_DATABASE_URL=$throw_away_url/
fi
export TEST_DATABASE_URL

# Tests choose every setting themselves. The two addresses of a real Kratos are the conformance suite's own.
for name in "${!RESOLVER_@}" "${!KRATOS_@}"; do
  case $name in KRATOS_ADMIN_URL | KRATOS_PUBLIC_URL) ;; *) unset "$name" ;; esac
done
unset DATABASE_URL SQLX_OFFLINE

# For the tests that kill a database server: they run one of their own.
if database_find; then
  export TEST_MARIADBD=$mariadbd TEST_MARIADB_INSTALL_DB=$mariadb_install_db
else
  printf '\n*** SKIPPED: no MariaDB here to start and kill: the tests that kill a database prove nothing ***\n\n'
fi
run_tests() {
  launch tests cargo test --workspace --locked --features identity-resolver/faults "$@"
  wait "$launched"
}

# Whoever names tests gets those.
names_tests=no
for word in "$@"; do
  [ "$word" = --no-fail-fast ] || names_tests=yes
done
if [ "$names_tests" = yes ]; then
  run_tests "$@"
else
  run_tests "$@" -- --skip fire::
  # These kill, freeze and overload, and look at times and memory: nothing may run beside them.
  run_tests --test it "$@" -- fire:: --test-threads=1
fi
