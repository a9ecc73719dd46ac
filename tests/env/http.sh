#!/usr/bin/env bash
# Sourced: just enough HTTP for the scripts here, in bash alone, because a fresh machine need not have curl.

# Posts the JSON $3 to path $2 at the address $1 (host:port), waiting 10 s at most; prints "STATUS BODY".
http_post() {
  local line status='' body=''
  { exec 3<>"/dev/tcp/${1%:*}/${1##*:}"; } 2>/dev/null || return 1
  printf 'POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
    "$2" "$1" "${#3}" "$3" >&3
  while IFS= read -r -t 10 line <&3; do
    line=${line%$'\r'}
    [ -n "$status" ] || { status=${line#* } && status=${status%% *}; }
    [ -n "$line" ] || break
  done
  # The body has no line end of its own, so `read` reports the end of the stream and still leaves it.
  IFS= read -r -t 10 body <&3 || true
  exec 3>&-
  [ -n "$status" ] && printf '%s %s' "$status" "$body"
}

# Posts identity $2 to the resolve route of the service at address $1.
http_resolve() {
  http_post "$1" /rest/internal/identity/resolve "{\"kratosIdentityId\":\"$2\"}"
}
