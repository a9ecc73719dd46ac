#!/usr/bin/env bash
# `make soak`: the long forms of tests, one stage after another, each with its time. All of them run, also after one
# that failed. Stages are the lines at the end; what a stage prints goes into target/soak/. SOAK_SCALE=1 (100,000 calls,
# 5,000 identities, 2,000 resets, 20 kills of the database) took six minutes on two cores; the preset, 10, is the long form.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

logs=target/soak
status=0

# stage NAME TEST VARIABLE=VALUE...: runs one test with these variables; one that is not there is a failure.
stage() {
  local name=$1 test=$2 started=$SECONDS
  local log=$logs/$name.log
  shift 2
  printf 'soak: %s (%s)\n' "$name" "$*"
  if env "$@" bash tests/env/test.sh --test it "$test" -- --exact --nocapture >"$log" 2>&1 &&
    grep -aq '^test result: ok\. 1 passed' "$log" && ! grep -aq '^\*\*\* SKIPPED' "$log"; then
    grep -aE ': (pass|fail|FAIL)(, seed [0-9]+)?$' "$log" || true
    printf 'soak: %s passed in %s s' "$name" "$((SECONDS - started))"
  else
    status=1
    tail -n 40 "$log"
    printf 'soak: %s FAILED after %s s; all of it is in %s' "$name" "$((SECONDS - started))" "$log"
  fi
  # What repeats it.
  printf '%s\n' "$(grep -ao '^[A-Z]*_SEED=[0-9]*' "$log" | sed 's/^/, /' | tr -d '\n')"
}

mkdir -p "$logs"
scale=${SOAK_SCALE:-10}
stage model model::no_history_gives_anybody_the_user_of_another MODEL_STEPS="${MODEL_STEPS:-20000}"
stage replicas fire::replicas::replicas_that_are_killed_in_turn_lose_nothing_and_create_nobody_twice \
  FIRE_ROUNDS=$((100 * scale)) FIRE_CALLS=1000 FIRE_NEWCOMERS=31
stage resets fire::resets::two_thousand_resets_cost_no_place_no_transaction_and_no_user FIRE_RESETS=$((2000 * scale))
stage fail-overs fire::failover::five_seconds_after_a_failover_every_connection_works FIRE_FAILOVERS=$((2 * scale))
stage cuts fire::commits::commits_that_are_cut_under_load_lose_nothing FIRE_CUTS=$((10 * scale))
stage kills fire::kills::killed_at_every_point_of_a_call_it_loses_nothing_and_leaves_nothing_half_done \
  FIRE_KILLS=$((5 + scale))
stage database fire::database_kills::a_database_that_is_killed_loses_nothing_that_was_acknowledged \
  FIRE_DATABASE_KILLS=$((scale < 10 ? 20 : 5 * scale))
stage stops fire::stop::replicas_that_are_stopped_under_load_fail_no_request FIRE_STOPS=20
stage overload fire::overload::ten_times_too_many_calls_cost_no_goodput_and_are_refused_quickly FIRE_OVERLOAD_SECONDS=$((20 + 10 * scale))
stage breaker fire::breaker::a_kratos_that_is_down_is_asked_once_per_step_and_by_all_after_the_first_success FIRE_KRATOS_DOWN_SECONDS=$((30 * scale))
exit "$status"
