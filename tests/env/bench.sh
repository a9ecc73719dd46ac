#!/usr/bin/env bash
# `make bench` ($1 is speed) and `make bench-adoption` ($1 is adoption): the service timed on a real database, the server
# of DATABASE_URL, else a MariaDB of its own, thrown away afterwards. It is durable and lies on a disk, as in production:
# what a COMMIT costs is half of what there is to learn. BENCH_... variables make the run smaller.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/env/process.sh
. tests/env/database.sh

# Leaves in $resolver the path of the service's program $1, and in $bench that of the bench $2; further words are cargo's.
build() {
  local service=$1 timer=$2 line path
  shift 2
  launch build cargo build --release --package identity-resolver --package bench --bin "$service" --bin "$timer" "$@" \
    --locked --message-format=json-render-diagnostics >"$scratch/build.json"
  wait "$launched" || exit 1
  while IFS= read -r line; do
    case $line in *'"executable":"'*) ;; *) continue ;; esac
    path=${line##*\"executable\":\"}
    path=${path%%\"*}
    case ${path##*/} in
      "$service") resolver=$path ;;
      "$timer") bench=$path ;;
    esac
  done <"$scratch/build.json"
}

stop_on_exit
sweep
scratch_open
[ -n "${DATABASE_URL:-}" ] || database_ensure
given=${DATABASE_URL:-}
# An exported one is none of the compiler's business, nor are settings of a service that runs elsewhere.
unset "${!RESOLVER_@}" "${!KRATOS_@}" DATABASE_URL SQLX_OFFLINE
case $1 in
  speed) build identity-resolver-bench bench-speed --features identity-resolver/bench ;;
  adoption) build identity-resolver bench-adoption ;;
  *) fail "no such bench: $1" ;;
esac
if [ -n "$given" ]; then
  BENCH_DATABASE_URL=$(server_of "$given")
else
  database_for_a_while "$scratch/data" 25306 large
  BENCH_DATABASE_URL=$throw_away_url/
fi
export BENCH_DATABASE_URL BENCH_RESOLVER=$resolver
launch bench "$bench"
wait "$launched"
