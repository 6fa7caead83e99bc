k=host/.generated/spacetimedb-keys/id_ecdsa
same() {
  "$KEYS" key normalize "$1" > out.pem 2> err || { cat err; exit 1; }
  cmp out.pem $k
}
escaped=$(sed 's/$/\\n/' $k | tr -d '\n')
printf 'DATABASE_URL=postgres://u@h/d\nJWT_PRIVATE_KEY="%s"\nPORT=9000\n' "$escaped" > quoted.env
same quoted.env
printf 'KEY=%s\n' "$(tr -d '\n' < $k)" > removed.env
same removed.env
printf 'key: >\n  %s\n' "$(tr '\n' ' ' < $k)" > folded.yaml
same folded.yaml
printf '{"private_key":"%s","port":3000}' "$escaped" > settings.json
same settings.json
printf 'export KEY=%s\n' "$(base64 -w0 $k)" > base64.env
same base64.env
