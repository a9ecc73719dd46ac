#!/usr/bin/env bash
# Sourced by run.sh: what a newcomer sees once the service answers, three calls to paste above all.

# Sample identities that a first resolve makes into users: active, verified, with an address no sample user has.
newcomers='2 5 6 8 10 12 14 15 16 18 19 20 21 22 24 25 27 28 30 32'

sample_identity() {
  printf 'a0000000-0000-4000-8000-%012d' "$1"
}

call() {
  printf "    curl -sS -w ' %%{http_code}\\\\n' http://%s/rest/internal/identity/resolve -H 'Content-Type: application/json' -d '{\"kratosIdentityId\":\"%s\"}'\n" \
    "$RESOLVER_LISTEN" "$1"
}

# Sample identity number 4 is linked by now, so that the first call anybody makes can be a hit.
link_a_sample() {
  local answer
  answer=$(http_resolve "$RESOLVER_LISTEN" "$(sample_identity 4)") || answer='no answer'
  case $answer in '200 '*) ;; *) printf 'the sample identity could not be linked: %s\n' "$answer" >&2 ;; esac
}

# The first newcomer that no earlier run has made a user of; fails when all are users by now.
next_newcomer() {
  local number linked
  linked=$(sql identity_resolver -e 'SELECT authId FROM `user` WHERE authId IS NOT NULL')
  for number in $newcomers; do
    case $linked in *"$(sample_identity "$number")"*) ;; *) sample_identity "$number" && return ;; esac
  done
  return 1
}

calls_on_own_data() {
  local newcomer
  link_a_sample
  printf '  A hit: the identity is linked, Kratos is not asked.\n'
  call "$(sample_identity 4)"
  if newcomer=$(next_newcomer); then
    printf '  A provision: nobody has the address, a user is created (once: repeat it and created is false).\n'
  else
    newcomer=$(sample_identity 2)
    printf '  A provision: done by an earlier run already, so created is false; %s starts afresh.\n' "rm -rf $database_dir"
  fi
  call "$newcomer"
  printf '  A refusal: the address is not verified.\n'
  call "$(sample_identity 3)"
}

# Nothing is written into somebody else's database unasked: the first call is theirs to make.
calls_on_given_database() {
  printf '  A provision: nobody has the address, a user is created in your database (unless one exists by now).\n'
  call "$(sample_identity 2)"
  printf '  A hit: the same again is answered without Kratos.\n'
  call "$(sample_identity 2)"
  printf '  A refusal: the address is not verified.\n'
  call "$(sample_identity 3)"
}

calls_on_given_kratos() {
  printf '  Put an identity id of your Kratos in place of the word: the first call links or creates,\n'
  call IDENTITY_ID
  printf '  a second one is a hit,\n'
  call IDENTITY_ID
  printf '  and an id your Kratos does not know is refused.\n'
  call "$(sample_identity 0)"
}

banner() {
  printf '\nidentity-resolver serves. Try, in another terminal:\n\n'
  if [ "$own_kratos" = no ]; then
    calls_on_given_kratos
  elif [ "$own_database" = no ]; then
    calls_on_given_database
  else
    calls_on_own_data
  fi
  printf '\n  API         http://%s\n' "$RESOLVER_LISTEN"
  printf '  operations  http://%s  (/health/ready /metrics /version /openapi.json)\n' "$RESOLVER_OPS_LISTEN"
  [ "$own_kratos" = no ] || printf '  Kratos      %s  (a double with sample identities)\n' "$KRATOS_ADMIN_URL"
  [ "$own_database" = no ] || printf '  database    %s\n' \
    "$mariadb --no-defaults --skip-ssl --user=root --socket=$scratch/s.sock identity_resolver"
  printf '  log         %s, and below from here on\n\nCtrl-C stops everything that was started.\n\n' "$log"
}
