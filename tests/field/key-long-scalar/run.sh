k=host/.generated/spacetimedb-keys/id_ecdsa
scalar=$(openssl pkey -in $k -noout -text | awk '/^priv:/ { on = 1; next } /^pub:/ { on = 0 } on' | tr -d ' :\n')
scalar=${scalar: -64}
curve=a00a06082a8648ce3d030107
container() { # scalar in hex
  length=$((${#1} / 2))
  body=$(printf '02010104%02x%s%s' "$length" "$1" "$curve")
  printf '30%02x%s' $((${#body} / 2)) "$body" | sed 's/../\\x&/g'
}
for zeros in 00 0000; do
  printf %b "$(container "$zeros$scalar")" | openssl base64 -A > body
  printf -- '-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----\n' "$(cat body)" > long.pem
  "$KEYS" key normalize long.pem > out.pem 2> err
  cmp out.pem $k
done
# Short: the number 7.
printf -- '-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----\n' "$(printf %b "$(container 07)" | openssl base64 -A)" > short.pem
openssl pkey -in short.pem -pubout -out short.pub 2> err
"$KEYS" key check short.pem short.pub > /dev/null
# One digit too many is another number, and no key.
printf %b "$(container "01$scalar")" | openssl base64 -A > body
printf -- '-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----\n' "$(cat body)" > none.pem
says 4 "not a valid P-256 key" key normalize none.pem
