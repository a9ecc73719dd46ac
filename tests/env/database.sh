#!/usr/bin/env bash
# Sourced, after process.sh: finds or installs a MariaDB server and runs private instances of it. A system server is
# never started or touched, and Ubuntu's `mysqld` never used: AppArmor forbids it a data directory of one's own.

# Folders to search; overridden to try what happens where there is no server.
database_folders=${DATABASE_SERVER_FOLDERS:-$PATH:/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/opt/mariadb/bin:/usr/local/opt/mariadb/bin}

# Prints the path of the first program named $1 in those folders.
database_program() {
  local folder folders
  IFS=: read -ra folders <<<"$database_folders"
  for folder in "${folders[@]}"; do
    if [ -x "$folder/$1" ] && [ ! -d "$folder/$1" ]; then
      printf '%s' "$folder/$1"
      return 0
    fi
  done
  return 1
}

database_find() {
  mariadbd=$(database_program mariadbd) && mariadb=$(database_program mariadb) &&
    mariadb_install_db=$(database_program mariadb-install-db) || return 1
  case $("$mariadbd" --no-defaults --version 2>/dev/null) in *MariaDB*) ;; *) return 1 ;; esac
}

database_apt() {
  [ -z "${DATABASE_SERVER_FOLDERS:-}" ] && command -v apt-get >/dev/null || return 1
  local elevate=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
    elevate=(sudo -n)
  fi
  printf 'no MariaDB server here: installing mariadb-server-core and mariadb-client-core with apt-get\n'
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 -o Acquire::http::Timeout=30)
  # bash 3.2 takes an empty array for an unset variable, hence the guarded form.
  ${elevate[@]+"${elevate[@]}"} "${apt[@]}" update </dev/null >/dev/null &&
    ${elevate[@]+"${elevate[@]}"} "${apt[@]}" install -y --no-install-recommends \
      mariadb-server-core mariadb-client-core </dev/null >/dev/null
}

# Leaves the programs' paths in $mariadbd, $mariadb and $mariadb_install_db, or ends the script with status 2.
database_ensure() {
  database_find && return
  if database_apt && database_find; then
    return
  fi
  cat >&2 <<'HELP'
There is no MariaDB server (mariadbd) on this machine, and none could be installed without you. Any one of these helps:

  Debian, Ubuntu:  sudo apt-get update && sudo apt-get install -y --no-install-recommends mariadb-server-core mariadb-client-core
  Homebrew:        brew install mariadb
  Docker:          docker run -d --name identity-resolver-db -p 127.0.0.1:3306:3306 -e MARIADB_ROOT_PASSWORD=dev -e MARIADB_DATABASE=identity_resolver mariadb:10.11
                   export DATABASE_URL=mysql://root:dev@127.0.0.1:3306/identity_resolver

Then repeat the command. No system server needs to run: the first two only bring the program.
HELP
  exit 2
}

# `durable` survives a kill of the server, as production does; `large` is durable too, with the memory and the log that a
# million users want; `fast` is for data nobody will miss.
database_flags() {
  flags=(--skip-name-resolve)
  if [ "$1" = large ]; then
    flags+=(--innodb-log-file-size=1G)
  else
    flags+=(--innodb-log-file-size=16M)
  fi
  if [ "$1" = fast ]; then
    flags+=(--innodb-flush-method=nosync --innodb-doublewrite=0)
  fi
}

database_server_flags() {
  database_flags "$1"
  # No TLS: newer versions would turn it on by themselves, and only the loopback interface is listened on.
  flags+=(--bind-address=127.0.0.1 --skip-ssl --skip-log-bin --performance-schema=OFF --max-connections=500
    --character-set-server=utf8mb4)
  if [ "$1" = large ]; then
    flags+=(--innodb-buffer-pool-size=1G)
  else
    flags+=(--innodb-buffer-pool-size=128M)
  fi
  if [ "$1" = fast ]; then
    flags+=(--innodb-flush-log-at-trx-commit=0 --innodb-fast-shutdown=2)
  else
    flags+=(--innodb-flush-log-at-trx-commit=1 --innodb-doublewrite=1)
  fi
  [ "$(id -u)" != 0 ] || flags+=(--user=root)
}

# Makes the data directory $1 for a server of kind $2. It appears complete or not at all.
database_init() {
  local data=$1 log=$scratch/install.log
  [ ! -d "$data" ] || return 0
  database_flags "$2"
  [ "$(id -u)" != 0 ] || flags+=(--user=root)
  # --force: a machine whose own name cannot be looked up is no obstacle. Made in the scratch directory, because the
  # installer does not bear a space in the path.
  if ! "$mariadb_install_db" --no-defaults --datadir="$scratch/new" --auth-root-authentication-method=normal \
    --skip-test-db --force "${flags[@]}" </dev/null >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail "the database could not be initialised in $data"
  fi
  mkdir -p "$(dirname "$data")"
  rm -rf "$data.new"
  # Two moves, because the first may be a copy from another file system.
  mv "$scratch/new" "$data.new"
  mv "$data.new" "$data"
}

# Starts a private server of kind $3 on the data directory $1, at port $2 or the next free one, left in $database_port.
database_start() {
  local data=$1 port=$2 kind=$3 attempt
  database_log=$scratch/mariadbd.log
  for attempt in 1 2 3 4 5; do
    port=$(free_port "$port")
    database_server_flags "$kind"
    launch database "$mariadbd" --no-defaults --datadir="$data" --socket="$scratch/s.sock" --port="$port" \
      --pid-file="$scratch/mariadbd.pid" --tmpdir="$scratch" "${flags[@]}" >"$database_log" 2>&1
    if database_wait; then
      database_port=$port
      return
    fi
    # Somebody else may have taken the port in between.
    grep -q 'Address already in use' "$database_log" || break
    port=$((port + attempt))
  done
  tail -n 20 "$database_log" "$scratch/client.log" >&2
  fail 'the database server did not start (the last lines of its log and the client are above)'
}

database_wait() {
  local tenths=600
  while runs database && [ "$tenths" -gt 0 ]; do
    if sql -e 'SELECT 1' >/dev/null 2>"$scratch/client.log"; then
      return 0
    fi
    sleep 0.1
    tenths=$((tenths - 1))
  done
  return 1
}

# The client as the server's root, which only the private socket admits; takes further arguments and SQL on stdin.
# Newer clients insist on TLS, even there, unless told otherwise.
sql() {
  "$mariadb" --no-defaults --skip-ssl --user=root --socket="$scratch/s.sock" --default-character-set=utf8mb4 --batch \
    --skip-column-names "$@"
}

random_password() {
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# The server of URL $1, without a database's name: tests and benches make databases of their own on it, named ir_…, and
# touch no other.
server_of() {
  local rest=${1#*://} query=''
  case $rest in *\?*) query="?${rest#*\?}" ;; esac
  rest=${rest%%\?*}
  printf '%s://%s/%s' "${1%%://*}" "${rest%%/*}" "$query"
}

# A server with nothing to lose, for tests: memory where there is some, and an account that may make databases.
database_throw_away() {
  local data=$scratch/data
  if [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -ge 1048576 ]; then
    data=$(mktemp -d /dev/shm/identity-resolver.XXXXXX)
    printf '%s\n' "$data" >>"$scratch/directories"
    data=$data/data
  fi
  database_for_a_while "$data" "$1" fast
}

# A server of kind $3 on a fresh data directory $1, at port $2 or the next free one; its URL is left in $throw_away_url.
database_for_a_while() {
  local password
  password=$(random_password)
  database_init "$1" "$3"
  database_start "$1" "$2" "$3"
  sql <<SQL
CREATE USER tests@127.0.0.1 IDENTIFIED BY '$password';
GRANT ALL ON *.* TO tests@127.0.0.1 WITH GRANT OPTION;
SQL
  throw_away_url="mysql://tests:$password@127.0.0.1:$database_port"
}
