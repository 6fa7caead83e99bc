k=host/.generated/spacetimedb-keys/id_ecdsa
base64 -w0 $k > k
"$KEYS" key normalize k > out.pem 2> err
cmp out.pem $k
"$KEYS" key check out.pem host/.generated/spacetimedb-keys/id_ecdsa.pub > /dev/null
same() { "$KEYS" key normalize k > out.pem 2> err; cmp out.pem "${1:-$k}"; }
base64 $k > k; same
base64 -w0 $k | tr '+/' '-_' | tr -d = > k; same
base64 -w0 $k | base64 -w0 > k; same
base64 -w0 $k.pub > k; same $k.pub
