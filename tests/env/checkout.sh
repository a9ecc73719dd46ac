#!/usr/bin/env bash
# Sourced, after process.sh: one development run per checkout. The lock is a link to the scratch directory of the run
# that holds it; it counts only while that run lives, so nothing has to be removed after a `kill -9`.

# Whether the run that owns scratch directory $1 was started by a `make` that is gone: it is about to stop by itself.
is_abandoned() {
  local pid token
  { read -r pid token <"$1/starter"; } 2>/dev/null && ! is_same "$pid" "$token"
}

# Remembers the `make` that started this script, because a killed `make` takes nothing along.
remember_starter() {
  [ -z "${MAKELEVEL:-}" ] || printf '%s %s\n' "$PPID" "$(birth "$PPID")" >"$scratch/starter"
}

# Makes this run the one of the checkout, or ends the script with one sentence. $1 is the lock's path.
claim_checkout() {
  local lock=$1 holder address patience=150
  mkdir -p "$(dirname "$lock")"
  while ! ln -sn "$scratch" "$lock" 2>/dev/null; do
    holder=$(readlink "$lock") || fail "the lock $lock cannot be made"
    if ! owner_lives "$holder"; then
      drop_lock "$lock" "$holder"
    elif is_abandoned "$holder" && [ "$patience" -gt 0 ]; then
      sleep 0.1
      patience=$((patience - 1))
    else
      address=$(cat "$holder/address" 2>/dev/null || printf 'still starting')
      fail "identity-resolver already runs from this checkout (process $(cut -d' ' -f1 "$holder/owner"), $address): stop that one first."
    fi
  done
}

# Removes the lock $1 of the dead run $2, and of no other: somebody may have been quicker and hold it by now.
drop_lock() {
  local aside=$1.$$ found
  mv "$1" "$aside" 2>/dev/null || return 0
  found=$(readlink "$aside")
  [ "$found" = "$2" ] || ln -sn "$found" "$1" || true
  rm -f "$aside"
}
