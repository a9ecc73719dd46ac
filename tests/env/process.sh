#!/usr/bin/env bash
# Sourced: starts processes so that they can always be found and stopped again, also after a `kill -9` of the script
# that started them. Each run owns one scratch directory, /tmp/identity-resolver.XXXXXX, with two files: `owner` (who
# runs) and `processes` (what it started). A later run cleans every scratch directory whose owner is gone.

scratch=''
# Process numbers mean something only within one pid namespace, and containers may share a /tmp.
namespace=$(readlink /proc/self/ns/pid 2>/dev/null || printf host)

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Prints a token that no later process with the same number shares.
birth() {
  local stat words
  if [ -e /proc/self/stat ]; then
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The command's name is in parentheses and may itself hold anything; what follows is plain words.
    read -ra words <<<"${stat##*) }"
    [ "${words[0]}" != Z ] || return 1
    printf '%s/%s' "$namespace" "${words[19]}"
  else
    stat=$(ps -o lstart= -p "$1") || return 1
    printf '%s/%s' "$namespace" "${stat// /_}"
  fi
}

# Whether process number $1 is still the one that had the token $2; one of another namespace counts as living.
is_same() {
  local now
  [ -n "$2" ] || return 1
  [ "${2%%/*}" = "$namespace" ] || return 0
  now=$(birth "$1") && [ "$now" = "$2" ]
}

scratch_open() {
  # Not below TMPDIR: the path of a socket may have 107 bytes, and macOS' temporary folder takes half of them.
  scratch=$(mktemp -d /tmp/identity-resolver.XXXXXX)
  printf '%s %s\n' "$$" "$(birth $$)" >"$scratch/owner"
  : >"$scratch/processes"
  : >"$scratch/directories"
}

# Whether the run that owns scratch directory $1 is still there.
owner_lives() {
  local pid token
  { read -r pid token <"$1/owner"; } 2>/dev/null || return 1
  is_same "$pid" "$token"
}

# Starts a command in a process group of its own, so that Ctrl-C reaches only this script, which stops things in order.
# The number of the process is left in $launched.
launch() {
  local name=$1
  shift
  set -m
  "$@" </dev/null &
  launched=$!
  set +m
  printf '%s %s %s\n' "$name" "$launched" "$(birth "$launched")" >>"$scratch/processes"
}

# Whether the process last started under the name $1 is still running.
runs() {
  local name pid token found=1
  while read -r name pid token; do
    [ "$name" = "$1" ] || continue
    found=1
    ! is_same "$pid" "$token" || found=0
  done <"$scratch/processes"
  return "$found"
}

# Whether process group $1 has a member. The dead that nobody collected do not count: some containers keep them for ever.
group_lives() {
  local file stat words
  if [ ! -e /proc/self/stat ]; then
    kill -0 -- "-$1" 2>/dev/null
    return
  fi
  for file in /proc/[0-9]*/stat; do
    { read -r stat <"$file"; } 2>/dev/null || continue
    read -ra words <<<"${stat##*) }"
    [ "${words[2]}" != "$1" ] || [ "${words[0]}" = Z ] || return 0
  done
  return 1
}

# Ends the process group of one process: politely, and by force once $3 tenths of a second have passed.
stop_process() {
  local pid=$1 token=$2 tenths=$3
  is_same "$pid" "$token" || return 0
  kill -TERM -- "-$pid" 2>/dev/null || return 0
  # The group, not the process alone: its members may still be stopping things of their own.
  while group_lives "$pid" && [ "$tenths" -gt -50 ]; do
    [ "$tenths" -gt 0 ] || kill -KILL -- "-$pid" 2>/dev/null || true
    sleep 0.1
    tenths=$((tenths - 1))
  done
}

# Stops what the owner of scratch directory $1 started, the latest first, and removes what it left on disk.
scratch_close() {
  local dir=$1 name pid token path index lines=()
  while read -r name pid token; do
    lines+=("$pid $token")
  done <"$dir/processes"
  for ((index = ${#lines[@]} - 1; index >= 0; index--)); do
    read -r pid token <<<"${lines[index]}"
    stop_process "$pid" "$token" 300
  done
  while IFS= read -r path; do
    # Only names of our own pattern: this list is read from a directory anybody may write beside.
    case $path in /*/identity-resolver.*) [ ! -O "$path" ] || rm -rf -- "$path" ;; esac
  done <"$dir/directories"
  rm -rf -- "$dir"
}

# Cleans what killed runs of this user left behind, in whatever checkout they ran.
sweep() {
  local dir
  for dir in /tmp/identity-resolver.*; do
    [ -d "$dir" ] && [ ! -L "$dir" ] && [ -O "$dir" ] || continue
    ! owner_lives "$dir" || continue
    if [ ! -s "$dir/owner" ] || [ ! -e "$dir/directories" ]; then
      # It may be a minute's-first-moment of a run that starts right now.
      [ -n "$(find "$dir" -prune -mmin +1)" ] || continue
      touch "$dir/processes" "$dir/directories"
    fi
    printf 'cleaning up after an earlier run that was killed (%s)\n' "$dir"
    scratch_close "$dir"
  done
}

# Ends this script with status $1 once everything it started is stopped. Whatever else arrives meanwhile is ignored: a
# signal often comes twice, from the terminal or its like and again from `make`.
end() {
  trap '' INT QUIT TERM HUP
  trap - EXIT
  set +e
  [ -z "$scratch" ] || scratch_close "$scratch"
  exit "$1"
}

# Has this script end tidily, whatever ends it.
stop_on_exit() {
  trap 'end "$?"' EXIT
  trap 'end 130' INT
  trap 'end 131' QUIT
  trap 'end 143' TERM
  trap 'end 129' HUP
}

# The first port from $1 upwards that nobody listens on.
free_port() {
  local port=$1
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    port=$((port + 1))
  done
  printf '%s' "$port"
}
