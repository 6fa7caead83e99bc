keys=host/.generated/spacetimedb-keys
for token in ya29.a0AfB_byC0123456789 ghp_0123456789abcdef glpat-0123456789abcdef sb_secret_0123456789_abcd v^1.1#i^1#r^0; do
  printf '%s\n' "$token" > t
  says 0 "opaque.*signed JWT" token decode t
  absent "0123456789" "$OUT"
  says 1 "opaque.*signed JWT" token check --keys-dir $keys t
  says 1 "opaque" token verify --public-key $keys/id_ecdsa.pub t
done
# No compact JWS either, and named.
printf 'v4.public.eyJzdWIiOiJhIn0' > t
says 0 "a PASETO, not a JWT" token decode t
says 1 "a PASETO, not a JWT" token check --keys-dir $keys t
printf '{"payload":"e30","protected":"e30","signature":"AA"}' > t
says 0 "a JWS in its JSON form" token decode t
