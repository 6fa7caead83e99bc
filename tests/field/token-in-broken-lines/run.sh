keys=host/.generated/spacetimedb-keys
token=$(signed '{"alg":"ES256"}' '{"iss":"localhost","sub":"a","aud":[],"iat":1}')
printf %s "$token" | fold -w 64 > t
says 0 "accepted" token check --keys-dir $keys t
printf %s "$token" | fold -w 40 | sed 's/^/  /;s/$/\r/' > t
says 0 "accepted" token check --keys-dir $keys t
# A blank may be sent, and a server refuses it.
printf '%s %s\n' "$(printf %s "$token" | head -c 50)" "$(printf %s "$token" | tail -c +51)" > t
says 1 "refused" token check --keys-dir $keys t
# Two tokens are no token in two lines.
printf '%s\n%s\n' "$token" "$token" > t
says 1 "refused" token check --keys-dir $keys t
