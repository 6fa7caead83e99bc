k=host/.generated/spacetimedb-keys/id_ecdsa
base64 -w0 $k > k
"$KEYS" key normalize k > out.pem 2> err
cmp out.pem $k
"$KEYS" key check out.pem host/.generated/spacetimedb-keys/id_ecdsa.pub > /dev/null
