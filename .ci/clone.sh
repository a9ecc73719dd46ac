#!/usr/bin/env bash
# Sourced by run: where the promise is kept. A clone of HEAD in a path with a space, for this user or for `nobody`, who
# shares what is built already: the toolchain and the downloaded crates as they lie, the build output as a copy.

other_user=nobody

# Prints the folder of a fresh clone, below a new folder of our own.
fresh_clone() {
  local folder
  folder=$(mktemp -d /var/tmp/identity-resolver.XXXXXX)
  printf '%s\n' "$folder" >>"$scratch/directories"
  chmod 755 "$folder"
  git -c safe.directory='*' clone --quiet -- "$PWD" "$folder/a fresh clone" || return 1
  printf '%s' "$folder/a fresh clone"
}

# The folder cargo builds into, from cargo's own mouth.
target_folder() {
  local metadata
  metadata=$(cargo metadata --locked --no-deps --format-version 1)
  metadata=${metadata##*\"target_directory\":\"}
  printf '%s' "${metadata%%\"*}"
}

promise_here() {
  local clone
  clone=$(fresh_clone)
  CARGO_TARGET_DIR=$(target_folder) bash "$clone/.ci/promise"
}

cargo_home=${CARGO_HOME:-$HOME/.cargo}
rustup_home=${RUSTUP_HOME:-$HOME/.rustup}

# The toolchain often lies below a home directory that is closed to others. Its permissions stay as they are: in a mount
# namespace of the command's own, an open folder takes the closed one's place and holds the toolchain alone.
with_open_home() {
  # The quoted program's variables are its own.
  # shellcheck disable=SC2016
  unshare --mount --propagation private bash -euc '
    home=$1 scratch=$2
    shift 2
    mkdir -p "$scratch/cargo" "$scratch/rustup"
    mount --bind "$CARGO_HOME" "$scratch/cargo"
    mount --bind "$RUSTUP_HOME" "$scratch/rustup"
    mount -t tmpfs -o mode=755 tmpfs "$home"
    mkdir -p "$CARGO_HOME" "$RUSTUP_HOME"
    mount --bind "$scratch/cargo" "$CARGO_HOME"
    mount --bind "$scratch/rustup" "$RUSTUP_HOME"
    umount "$scratch/cargo" "$scratch/rustup"
    exec "$@"' open-home "$HOME" "$scratch" "$@"
}

# Leaves in $other how to run a command as the other user, in such a way that the toolchain is found, if there is one.
reach_toolchain() {
  export CARGO_HOME=$cargo_home RUSTUP_HOME=$rustup_home
  command -v setpriv >/dev/null || return 1
  local group reach
  group=$(id -g "$other_user")
  for reach in '' with_open_home; do
    # An empty word must vanish.
    # shellcheck disable=SC2206
    other=($reach setpriv --reuid="$other_user" --regid="$group" --clear-groups env)
    ! (cd / && "${other[@]}" cargo --version) >/dev/null 2>&1 || return 0
  done
  return 1
}

promise_as_nobody() {
  local clone folder
  clone=$(fresh_clone)
  folder=$(dirname "$clone")
  mkdir "$folder/target" "$folder/home"
  # A copy with its times, so that cargo finds the dependencies built.
  cp -a --reflink=auto "$(target_folder)/debug" "$folder/target/"
  rm -rf "$folder/target/debug/incremental"
  # The folder itself stays ours, for the tidying at the end.
  chown -R "$other_user:" "$folder"/*
  (cd / && "${other[@]}" HOME="$folder/home" CARGO_TARGET_DIR="$folder/target" bash "$clone/.ci/promise")
}
