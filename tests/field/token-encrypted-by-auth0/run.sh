keys=host/.generated/spacetimedb-keys
header=$(printf '{"alg":"dir","enc":"A256GCM","iss":"https://t.auth0.com/"}' | base64url)
printf '%s..8eNPbSQoVv0qKBKA.gv9d1TK5iJVDKg.pBt4_0LMVg78B7a9UzdkHg' "$header" > t
says 0 "encrypted \(JWE\).*audience" token decode t
says 1 "encrypted \(JWE\).*audience" token check --keys-dir $keys t
printf 'Bearer %s.QUJD.8eNPbSQoVv0qKBKA.gv9d1TK5iJVDKg.pBt4_0LMVg78B7a9UzdkHg' "$header" > t
says 0 "encrypted \(JWE\)" token decode t
printf '{"access_token":"%s..AA.AA.AA"}' "$header" > t
says 1 "encrypted \(JWE\)" token check --keys-dir $keys t
# The address that has a token in it is no token of five parts.
token=$(signed '{"alg":"ES256"}' '{"iss":"localhost","sub":"a","iat":1}')
printf 'https://app.example.com/#access_token=%s' "$token" > t
says_not "JWE" token decode t
