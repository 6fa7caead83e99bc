#!/bin/sh
# Plays `az keyvault secret …` as the store calls it: keeps versions as Key Vault does, records each
# call, and fails as it is told to. It is called by a link; beside that lie its folders:
#
#   v/VAULT,SECRET,VERSION  a version, five lines: value (JSON), created, enabled, tags, content type
#   v/VAULT,SECRET.deleted  the secret was deleted
#   calls/N, calls/N.env    the arguments and the environment of the N-th call
#   calls/N.file            modes of the file that a secret was taken from, and of its folder
#   count/ACTION.N          there was an N-th call of this action
#   words/KIND              an exit code, and what az prints on stderr
#   faults                  lines `ACTION N KIND`: that call fails so; N may be `each`
#
# Nearly all of it is built into a shell: tests run it thousands of times.
root=${0%/*}

number=1
set -C
until true > "$root/calls/$number"; do number=$((number + 1)); done 2> /dev/null
count=1
until true > "$root/count/$3.$count"; do count=$((count + 1)); done 2> /dev/null
set +C
printf '%s\n' "$@" > "$root/calls/$number"
export -p > "$root/calls/$number.env"

say() {
  { read -r code; while IFS= read -r line; do printf '%s\n' "$line"; done; } < "$root/words/$1" >&2
  exit "$code"
}

[ "$1 $2" = 'keyvault secret' ] || say old
action=$3
shift 3
vault='' secret='' version='' file='' type='' tags='' query='' encoding='' output=''
while [ $# -gt 0 ]; do
  case $1 in
    --vault-name) vault=$2; shift 2 ;;
    --name) secret=$2; shift 2 ;;
    --version) version=$2; shift 2 ;;
    --file) file=$2; shift 2 ;;
    --encoding) encoding=$2; shift 2 ;;
    --content-type) type=$2; shift 2 ;;
    --query) query=$2; shift 2 ;;
    --output) output=$2; shift 2 ;;
    --only-show-errors) shift ;;
    --tags)
      shift
      while [ $# -gt 0 ]; do
        case $1 in
          --*) break ;;
          *) tags="$tags, \"${1%%=*}\": \"${1#*=}\""; shift ;;
        esac
      done
      ;;
    *) say old ;;
  esac
done
[ "$output" = json ] || say old
if [ -n "$file" ]; then
  ls -ld "$file" "${file%/*}" > "$root/calls/$number.file"
fi

kind=''
while read -r on at how; do
  if [ "$on" = "$action" ] && { [ "$at" = "$count" ] || [ "$at" = each ]; }; then
    kind=$how
    true > "$root/struck"
    break
  fi
done < "$root/faults"

id() { printf 'https://%s.vault.azure.net/secrets/%s/%s' "$vault" "$secret" "$1"; }

# Reads a version, and sets `text` to what az prints of it.
describe() {
  { read -r value; read -r created; read -r enabled; read -r its_tags; read -r its_type; } < "$1"
  text="{\"attributes\": {\"created\": \"$created\", \"enabled\": $enabled, \"expires\": null,
    \"notBefore\": null, \"recoverableDays\": 90, \"recoveryLevel\": \"Recoverable+Purgeable\",
    \"updated\": \"$created\"}, \"contentType\": \"$its_type\",
    \"id\": \"https://$vault.vault.azure.net/secrets/$secret/${1##*,}\", \"kid\": null,
    \"managed\": null, \"name\": \"$secret\", \"tags\": {\"file-encoding\": \"utf-8\"$its_tags}"
}

show() {
  [ ! -e "$root/v/$vault,$secret.deleted" ] || say not-found
  latest='' before=''
  for each in "$root/v/$vault,$secret,"*; do
    before=$latest
    latest=$each
  done
  [ "$kind" = stale ] && [ -n "$before" ] && latest=$before
  [ -n "$version" ] && latest="$root/v/$vault,$secret,$version"
  [ -e "$latest" ] || say not-found
  describe "$latest"
  [ "$enabled" = true ] || say disabled
  printf '%s, "value": %s}\n' "$text" "$value"
}

list() {
  [ ! -e "$root/v/$vault,$secret.deleted" ] || say not-found
  # The service's order is none; here it is the newest first.
  list=''
  for each in "$root/v/$vault,$secret,"*; do
    [ -e "$each" ] || say not-found
    describe "$each"
    list="$text}${list:+, }$list"
  done
  printf '[%s]\n' "$list"
}

put() {
  [ -n "$file" ] && [ "$encoding" = utf-8 ] && [ "$query" = id ] || say old
  [ ! -e "$root/v/$vault,$secret.deleted" ] || say deleted
  # With an `x` behind it, for the shell would take a line break at the end away.
  value=$({ cat "$file"; echo x; } |
    sed -e ':next' -e '$!{N;b next' -e '}' -e 's/\\/\\\\/g;s/"/\\"/g;s/\n/\\n/g')
  # Whole seconds: of versions made in the same one, the list does not say which came first.
  time=$((number / 3))
  name=$(printf '%032x' "$number")
  {
    printf '"%s"\n' "${value%x}"
    printf '2026-11-22T%02d:%02d:%02d+00:00\n' $((time / 3600)) $((time / 60 % 60)) $((time % 60))
    printf 'true\n%s\n%s\n' "$tags" "$type"
  } > "$root/v/$vault,$secret,$name"
  printf '"'
  id "$name"
  printf '"\n'
}

act() {
  case $action in
    show) show ;;
    list-versions) list ;;
    set) put ;;
    *) say old ;;
  esac
}

# As az does: a script that waits for a program of its own.
hang() {
  sleep 3600 &
  printf '%s\n%s\n' $$ $! > "$root/hanging.new"
  mv "$root/hanging.new" "$root/hanging"
  wait
  exit 1
}

case $kind in
  '' | stale) act ;;
  after) act > /dev/null; say lost ;;
  hang) hang ;;
  hang-after) act > /dev/null; hang ;;
  kill) kill -KILL $$ ;;
  kill-after) act > /dev/null; kill -KILL $$ ;;
  orphan)
    sleep 3600 &
    printf '%s\n' $! > "$root/hanging"
    kill -KILL $$
    ;;
  leaves-behind)
    sleep 3600 &
    printf '%s\n' $! > "$root/hanging"
    act
    ;;
  garbage) printf '\377\376\000\330\n' ;;
  nonsense) echo '{ this is not' ;;
  cut-off) act | head -c 40 ;;
  flood) while :; do printf '%1024s' x; done ;;
  *) say "$kind" ;;
esac
