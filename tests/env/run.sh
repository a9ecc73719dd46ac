#!/usr/bin/env bash
# `make run`: builds, starts a database and a double of Kratos unless DATABASE_URL or KRATOS_ADMIN_URL name real ones,
# migrates, adds sample users, serves, and prints three calls to try. Ctrl-C stops everything it started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/env/process.sh
. tests/env/database.sh
. tests/env/checkout.sh
. tests/env/http.sh
. tests/env/banner.sh

database_dir=target/dev-db
log=target/dev-run/service.log

# Leaves the paths of the two programs in $resolver and $fake_kratos: cargo itself says where they are, whatever
# variables or settings chose the folder.
build() {
  local line path
  unset SQLX_OFFLINE
  launch build cargo build --package identity-resolver --package fake-kratos --locked --message-format=json-render-diagnostics >"$scratch/build.json"
  wait "$launched" || exit 1
  while IFS= read -r line; do
    case $line in *'"executable":"'*) ;; *) continue ;; esac
    path=${line##*\"executable\":\"}
    path=${path%%\"*}
    case ${path##*/} in
      identity-resolver) resolver=$path ;;
      fake-kratos) fake_kratos=$path ;;
    esac
  done <"$scratch/build.json"
}

start_database() {
  local password
  printf 'starting a database (data kept in %s)\n' "$database_dir"
  database_init "$PWD/$database_dir/data" durable
  database_start "$PWD/$database_dir/data" 3316 durable
  if [ ! -s "$database_dir/password" ]; then
    (umask 077 && random_password >"$database_dir/password")
  fi
  password=$(cat "$database_dir/password")
  sql <<SQL
CREATE DATABASE IF NOT EXISTS identity_resolver CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS resolver@127.0.0.1;
ALTER USER resolver@127.0.0.1 IDENTIFIED BY '$password';
GRANT ALL ON identity_resolver.* TO resolver@127.0.0.1;
SQL
  export DATABASE_URL="mysql://resolver:$password@127.0.0.1:$database_port/identity_resolver"
}

# Waits until the command succeeds, as long as the process named $1 runs, $2 tenths of a second at most.
await() {
  local name=$1 tenths=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$tenths" -gt 0 ] && runs "$name" || return 1
    sleep 0.1
    tenths=$((tenths - 1))
  done
}

start_double() {
  local public admin
  public=$(free_port 4433)
  admin=$(free_port $((public + 1)))
  launch double "$fake_kratos" --admin-listen "127.0.0.1:$admin" --public-listen "127.0.0.1:$public" \
    --seed tests/fake-kratos/samples/identities.json >"$scratch/double.json" 2>"$scratch/double.log"
  if ! await double 100 grep -q adminUrl "$scratch/double.json"; then
    cat "$scratch/double.log" >&2
    fail 'the double of Kratos did not start'
  fi
  export KRATOS_ADMIN_URL="http://127.0.0.1:$admin"
}

start_service() {
  local api ops
  api=$(free_port 8080)
  ops=$(free_port $((api + 1)))
  export RESOLVER_LISTEN=${RESOLVER_LISTEN:-127.0.0.1:$api}
  export RESOLVER_OPS_LISTEN=${RESOLVER_OPS_LISTEN:-127.0.0.1:$ops}
  export RESOLVER_DRAIN_ACCEPT_SECONDS=${RESOLVER_DRAIN_ACCEPT_SECONDS:-0}
  "$resolver" migrate >"$log" 2>&1 || service_failed 'the database could not be migrated'
  [ "$own_database" = no ] || sql identity_resolver <tests/env/sample_users.sql
  launch service "$resolver" serve >>"$log" 2>&1
  await service 300 "$resolver" healthcheck || service_failed 'the service did not become ready'
  printf 'http://%s' "$RESOLVER_LISTEN" >"$scratch/address"
}

service_failed() {
  tail -n 20 "$log" >&2
  fail "$1 (the last lines of $log are above)"
}

# Waits for the end of this script: a signal, a part that died, or the death of the `make` that started it.
watch() {
  local part
  mkfifo "$scratch/never"
  exec 9<>"$scratch/never"
  while ! is_abandoned "$scratch"; do
    for part in "${parts[@]}"; do
      runs "$part" || service_failed "the $part ended unexpectedly"
    done
    # Nobody writes there: this waits a second without a process, and a signal interrupts it.
    read -r -t 1 -u 9 || true
    # Some systems empty /tmp of what nobody touched for days.
    touch "$scratch"/*
  done
}

stop_on_exit
sweep
scratch_open
remember_starter
claim_checkout target/dev-run/lock
own_database=no own_kratos=no parts=(service)
# Asked before the build: whoever must install something first learns it at once.
[ -n "${DATABASE_URL:-}" ] || database_ensure
build
if [ -z "${DATABASE_URL:-}" ]; then
  own_database=yes
  parts+=(database)
  start_database
fi
if [ -z "${KRATOS_ADMIN_URL:-}" ]; then
  own_kratos=yes
  parts+=(double)
  start_double
fi
start_service
# From here on Ctrl-C is the ordinary end.
trap 'end 0' INT TERM
banner
launch log tail -n 0 -f "$log"
watch
