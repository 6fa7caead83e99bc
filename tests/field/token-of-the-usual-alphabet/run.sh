keys=host/.generated/spacetimedb-keys
begin=$(printf '{"alg":"ES256"}' | base64url).$(printf '{"iss":"localhost","sub":"a","iat":1}' | base64url)
slashes=$(printf '%86s' '' | tr ' ' /)
pluses=$(printf '%84s' '' | tr ' ' +)/w
printf '%s.%s' "$begin" "${slashes%/}w" > t
says 4 "base64, and not base64url.*does not help" token decode t
says 1 "base64, and not base64url.*does not help" token check --keys-dir $keys t
says_not "copy the whole token" token check --keys-dir $keys t
printf '%s.%s==' "$begin" "$pluses" > t
says 1 "base64, and not base64url" token check --keys-dir $keys t
# In another part.
printf '%s.%s.AA' "$(printf '{"alg":"ES256"}' | base64url)" "$(printf '{"sub":"??>>~~"}' | openssl base64 -A | tr -d =)" > t
grep -q '[+/]' t
says 4 "claims set is base64, and not base64url" token decode t
