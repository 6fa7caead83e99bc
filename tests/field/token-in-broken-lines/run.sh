token=$(sed -n 's/^spacetimedb_token = "\(.*\)"$/\1/p' host/data/.config/spacetime/cli.toml)
printf '%s' "$token" > whole.jwt
"$KEYS" token decode whole.jwt > right
same() {
  "$KEYS" token decode "$@" > decoded
  diff right decoded
}
fold -w 64 whole.jwt | same
fold -w 76 whole.jwt | sed 's/$/\r/' | same
fold -w 80 whole.jwt | sed 's/^/    /' | same
{ printf 'Bearer '; fold -w 72 whole.jwt; } | same
sed 's/\./.\n/g' whole.jwt | same
same "$(fold -w 80 whole.jwt)"
{ cat whole.jwt; echo; cat whole.jwt; } > two.jwt
says 4 "more than one token" token decode @two.jwt
# A blank can be sent, and servers refuse it.
printf '%s %s\n' "$(head -c 50 whole.jwt)" "$(tail -c +51 whole.jwt)" > blank.jwt
says 1 "refused" token check --keys-dir host/.generated/spacetimedb-keys blank.jwt
