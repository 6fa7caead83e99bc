k=host/.generated/spacetimedb-keys/id_ecdsa
grep -v -- ----- $k > k
"$KEYS" key normalize k > out.pem 2> err
cmp out.pem $k
"$KEYS" key check out.pem host/.generated/spacetimedb-keys/id_ecdsa.pub > /dev/null
same() { "$KEYS" key normalize k > out.pem 2> err; cmp out.pem "${1:-$k}"; }
grep -v -- ----- $k | tr -d '\n' > k; same
grep -v -- ----- $k | sed 's/$/\r/' > k; same
grep -v -- ----- $k.pub > k; same $k.pub
openssl ec -in $k -outform DER 2> err | base64 -w0 > k; same
