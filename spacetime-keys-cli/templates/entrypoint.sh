#!/bin/sh
# Starts the server, publishes the module once, and stays with the server until that ends.
#
# How the publish ended is one line, which `spacetime-keys doctor --logs` reads:
#   PUBLISH_SUCCESS run=ID database=NAME
#   PUBLISH_FAILED run=ID database=NAME reason=REASON
# REASON: keys_missing, no_token, no_module, not_ready, unauthorized, not_owner, error. A publish that
# failed ends the server, and is not tried again: the same would be refused again.
set -eu
umask 077 # cli.toml is written with the mode that the SpacetimeDB CLI is left with

database=${SPACETIMEDB_DATABASE:?the database that is published}
keys=${SPACETIMEDB_KEYS:-/etc/spacetimedb}
data=${SPACETIMEDB_DATA:-/var/lib/spacetimedb/data}
listen=${SPACETIMEDB_LISTEN:-0.0.0.0:3000}
modules=${SPACETIMEDB_MODULES:-/opt/spacetimedb}
seconds=${SPACETIMEDB_READY_SECONDS:-300}
stay_down=${SPACETIMEDB_STAY_DOWN:-}
export XDG_CONFIG_HOME="${XDG_CONFIG_HOME:-/var/lib/spacetimedb/config}"
cli_toml=$XDG_CONFIG_HOME/spacetime/cli.toml
url=http://127.0.0.1:${listen##*:}
read -r run < /proc/sys/kernel/random/uuid
said=$(mktemp)
server=
other= # what runs beside it

# SIGINT is what a server ends cleanly by. Servers 1.x and one that hangs may need the other.
end_server() {
  trap '' INT TERM
  [ -z "$other" ] || kill "$other" 2> /dev/null || :
  if [ -n "$server" ]; then
    kill -INT "$server" 2> /dev/null || :
    (sleep 2 && kill -TERM "$server") > /dev/null 2>&1 &
    wait "$server" || :
    kill -KILL "$!" 2> /dev/null || :
  fi
  rm -f "$said"
}

stop() {
  end_server
  exit 0
}

fail() { # reason, next step
  end_server
  echo "PUBLISH_FAILED run=$run database=$database reason=$1"
  echo "next, on the host: $2"
  [ -z "$stay_down" ] || : > "$stay_down"
  exit 1
}

trap stop INT TERM

# Docker starts an ended container again and again. One that was refused waits for a new container.
if [ -n "$stay_down" ] && [ -e "$stay_down" ]; then
  echo "the publish of this container was refused: docker compose up -d --force-recreate makes it anew"
  sleep infinity &
  other=$!
  wait "$other"
fi

# Where neither file is there, a server makes a pair of its own, and refuses every token.
for name in id_ecdsa id_ecdsa.pub; do
  [ -s "$keys/$name" ] && [ -r "$keys/$name" ] && continue
  echo "user $(id -u) cannot read $keys/$name, or it is empty" >&2
  fail keys_missing "spacetime-keys verify; a first pair: spacetime-keys init --new-keys; the vault's: spacetime-keys sync"
done

# Without a token the SpacetimeDB CLI logs in as somebody new, who owns none of what is there.
if [ -n "$(ls -A "$data/replicas" 2> /dev/null)" ] && ! grep -qs '^spacetimedb_token' "$cli_toml"; then
  fail no_token "spacetime-keys token restore"
fi

kind=--js-path module=$modules/bundle.js
[ -f "$module" ] || kind=--bin-path module=$modules/module.wasm
[ -f "$module" ] || fail no_module "just spacetimedb-build"

# What sh starts in the background ignores SIGINT, and servers 1.x leave it at that.
set -- spacetime start --listen-addr "$listen" --data-dir "$data" \
  --jwt-priv-key-path "$keys/id_ecdsa" --jwt-pub-key-path "$keys/id_ecdsa.pub"
if env --default-signal=INT true 2> /dev/null; then set -- env --default-signal=INT "$@"; fi
"$@" < /dev/null &
server=$!

until [ "$(curl -s -o /dev/null -w '%{http_code}' --max-time 1 "$url/v1/ping")" = 200 ]; do
  kill -0 "$server" 2> /dev/null || fail not_ready "docker compose logs spacetimedb | spacetime-keys doctor --logs -"
  [ "$seconds" -gt 0 ] || fail not_ready "docker compose logs spacetimedb"
  seconds=$((seconds - 1))
  sleep 1 &
  wait "$!"
done

spacetime publish --yes --server "$url" "$kind" "$module" "$database" > "$said" 2>&1 < /dev/null &
other=$!
status=0
wait "$other" || status=$?
other=
cat "$said"
if [ "$status" -ne 0 ]; then
  reason=error
  if grep -qE 'not authorized to perform action|does not own database|is not registered to the identity' "$said"; then
    reason=not_owner
  elif grep -qE '401 Unauthorized|InvalidSignature|is not valid for server' "$said"; then
    reason=unauthorized
  fi
  fail "$reason" "docker compose logs spacetimedb | spacetime-keys doctor --logs -"
fi
echo "PUBLISH_SUCCESS run=$run database=$database"
rm -f "$said"

status=0
wait "$server" || status=$?
exit "$status"
