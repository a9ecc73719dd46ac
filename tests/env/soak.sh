#!/usr/bin/env bash
# `make soak`: the long forms of tests, one stage after another, each with its time. All of them run, also after one
# that failed. Stages are the lines at the end; what a stage prints goes into target/soak/.
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
    grep -aq '^test result: ok\. 1 passed' "$log"; then
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
stage model model::no_history_gives_anybody_the_user_of_another MODEL_STEPS="${MODEL_STEPS:-20000}"
exit "$status"
