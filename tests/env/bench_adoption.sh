#!/usr/bin/env bash
# `make bench-adoption`: what callers wait for on an adopted table, timed on a real database: the server of DATABASE_URL,
# else a MariaDB of its own, thrown away afterwards. It is durable and lies on a disk, as in production: what a COMMIT
# costs is half of what there is to learn. BENCH_USERS and BENCH_CALLS make the run smaller.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/env/process.sh
. tests/env/database.sh

# Leaves the paths of the two programs in $resolver and $bench.
build() {
  local line path
  launch build cargo build --release --package identity-resolver --package bench-adoption --locked \
    --message-format=json-render-diagnostics >"$scratch/build.json"
  wait "$launched" || exit 1
  while IFS= read -r line; do
    case $line in *'"executable":"'*) ;; *) continue ;; esac
    path=${line##*\"executable\":\"}
    path=${path%%\"*}
    case ${path##*/} in
      identity-resolver) resolver=$path ;;
      bench-adoption) bench=$path ;;
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
build
if [ -n "$given" ]; then
  BENCH_DATABASE_URL=$(server_of "$given")
else
  database_for_a_while "$scratch/data" 25306 large
  BENCH_DATABASE_URL=$throw_away_url/
fi
export BENCH_DATABASE_URL BENCH_RESOLVER=$resolver
launch bench "$bench"
wait "$launched"
