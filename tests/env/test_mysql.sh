#!/usr/bin/env bash
# `make test-mysql`: the tests that speak to the database, against a real MySQL 9: the server of MYSQL_TEST_URL, else one
# that tests/mysql9.sh unpacks (nothing is installed) and runs on loopback. Skipped with a loud line where neither can be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/env/process.sh
. tests/env/database.sh

# The storage, policy, race and schema tests; the others say nothing about the server.
filters='pool:: policy:: races:: resolve:: commands::schema commands::doctor limits:: addresses:: reviews:: batch:: reverse::
  model:: adoption:: plans:: linking_abuse::'
# These freeze, cut and kill, and look at times: nothing may run beside them.
under_fire='fire::commits fire::failover'

skip() {
  printf '\n*** SKIPPED: no test ran on MySQL: %s ***\n\n' "$*"
  exit 0
}

can_be_had() {
  [ "$(uname -sm)" = 'Linux x86_64' ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ -e /etc/debian_version ]
}

start_mysql() {
  local port=13306 attempt
  chmod 711 "$scratch"
  export MYSQLROOT=${MYSQLROOT:-/var/tmp/identity-resolver-mysql9} DATADIR=$scratch/mysql
  # Fast and not durable: nothing here outlives the tests.
  export EXTRA='--innodb-flush-log-at-trx-commit=0 --skip-log-bin --innodb-doublewrite=OFF'
  bash tests/mysql9.sh fetch >"$scratch/mysql.log" 2>&1 || skip "it could not be fetched: $(tail -n 1 "$scratch/mysql.log")"
  bash tests/mysql9.sh init >>"$scratch/mysql.log" 2>&1 || fail "MySQL could not be set up: $(tail -n 5 "$scratch/mysql.log")"
  for attempt in 1 2 3 4 5; do
    port=$(free_port "$port")
    ! wait_for_mysql "$port" || break
    # Somebody else may have the port without listening there.
    [ "$attempt" -lt 5 ] && grep -q 'server running on port' "$scratch/attempt.log" ||
      fail "MySQL did not start: $(tail -n 5 "$scratch/attempt.log")"
    port=$((port + attempt))
  done
  bash tests/mysql9.sh client -e "CREATE USER 'tests'@'127.0.0.1' IDENTIFIED BY 'tests'; GRANT ALL ON *.* TO 'tests'@'127.0.0.1' WITH GRANT OPTION"
  MYSQL_TEST_URL=mysql://tests:tests@127.0.0.1:$port/
  printf 'tests use %s on port %s\n' "$(bash tests/mysql9.sh client -NBe "SELECT CONCAT('MySQL ', VERSION())")" "$port"
}

# Starts the server at port $1 and waits until it answers; false where it ended before.
wait_for_mysql() {
  local tenths=600
  # The shell stays, as the head of the group that is stopped at the end.
  PORT=$1 launch mysql bash -c 'bash tests/mysql9.sh start && touch "$1" && sleep 86400' start "$scratch/ready" \
    >"$scratch/attempt.log" 2>&1
  until [ -e "$scratch/ready" ]; do
    runs mysql && [ "$tenths" -gt 0 ] || return 1
    sleep 0.1
    tenths=$((tenths - 1))
  done
}

stop_on_exit
sweep
scratch_open
[ -n "${MYSQL_TEST_URL:-}" ] || can_be_had || skip 'set MYSQL_TEST_URL, or run this as root on Debian (x86_64)'
[ -n "${MYSQL_TEST_URL:-}" ] || start_mysql
unset "${!RESOLVER_@}" "${!KRATOS_@}" DATABASE_URL SQLX_OFFLINE
export TEST_DATABASE_URL=$MYSQL_TEST_URL
run_tests() {
  launch tests cargo test --workspace --locked --features identity-resolver/faults --test it -- "$@"
  wait "$launched"
}
# shellcheck disable=SC2086 # one word each on purpose
run_tests $filters "$@"
# shellcheck disable=SC2086
run_tests $under_fire --test-threads=1
