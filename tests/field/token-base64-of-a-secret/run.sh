keys=host/.generated/spacetimedb-keys
token=$(signed '{"alg":"ES256"}' '{"iss":"localhost","sub":"a","aud":[],"iat":1}')
printf %s "$token" > whole
"$KEYS" token decode whole > right
same() { "$KEYS" token decode "$1" > decoded; diff right decoded; }
base64 -w0 whole > t; same t
base64 whole > t; same t
printf 'data:\n  token: "%s"\n' "$token" > t; same t
printf '{"token":"%s"}' "$(base64 -w0 whole)" > t; same t
# `kubectl describe secret`.
printf 'Data\n====\ntoken:      %s\nca.crt:     570 bytes\n' "$token" > t; same t
says 0 "accepted" token check --keys-dir $keys t
