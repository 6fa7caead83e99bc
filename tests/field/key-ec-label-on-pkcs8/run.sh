k=host/.generated/spacetimedb-keys/id_ecdsa
sed 's/PRIVATE KEY/EC PRIVATE KEY/' $k > k
"$KEYS" key normalize k > out.pem 2> err
cmp out.pem $k
"$KEYS" key check out.pem host/.generated/spacetimedb-keys/id_ecdsa.pub > /dev/null
same() { "$KEYS" key normalize k > out.pem 2> err; cmp out.pem $k; }
openssl ec -in $k 2> err | sed 's/EC PRIVATE KEY/PRIVATE KEY/' > k; same
sed 's/PRIVATE KEY/ECDSA PRIVATE KEY/' $k > k; same
sed 's/PRIVATE KEY/ANY PRIVATE KEY/' $k > k; same
