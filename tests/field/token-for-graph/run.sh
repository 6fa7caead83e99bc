keys=host/.generated/spacetimedb-keys
claims='{"iss":"localhost","sub":"a","aud":["x"],"iat":1}'
good=$(signed '{"typ":"JWT","nonce":"hashed","alg":"ES256","kid":"k"}' "$claims")
# A `nonce` alone does no harm.
printf %s "$good" > t
says 0 "accepted" token check --keys-dir $keys t
printf '%s.%s' "$(printf '{"typ":"JWT","nonce":"plain","alg":"ES256","kid":"k"}' | base64url)" "${good#*.}" > t
for version in 1.2 2.8.3 2.14; do
  says 1 "Microsoft Graph.*API of your own" token check --keys-dir $keys --server $version t
done
says_not "compare" token check --keys-dir $keys t
says 1 "Microsoft Graph" token verify --public-key $keys/id_ecdsa.pub t
"$KEYS" jwks export $keys/id_ecdsa.pub | sed 's/"kid": *"[^"]*"/"kid":"k"/' > set.json
says 1 "Microsoft Graph" token verify --jwks set.json t
# Without one, the signature is another key's.
printf '%s.%s' "$(printf '{"typ":"JWT","alg":"ES256","kid":"other"}' | base64url)" "${good#*.}" > t
says_not "Graph" token check --keys-dir $keys t
