k=host/.generated/spacetimedb-keys/id_ecdsa
sed 's/PRIVATE KEY/RSA PRIVATE KEY/' $k > k
"$KEYS" key normalize k > out.pem 2> err
cmp out.pem $k
"$KEYS" key check out.pem host/.generated/spacetimedb-keys/id_ecdsa.pub > /dev/null
openssl ec -in $k 2> err | sed 's/EC PRIVATE KEY/RSA PRIVATE KEY/' > k
"$KEYS" key normalize k > out.pem 2> err
cmp out.pem $k
sed 's/PUBLIC KEY/RSA PUBLIC KEY/' $k.pub > k
"$KEYS" key normalize k > out.pem 2> err
cmp out.pem $k.pub
# One that is RSA is called so, under any label.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2> err
says 4 "found an RSA key" key normalize rsa.pem
sed 's/PRIVATE KEY/EC PRIVATE KEY/' rsa.pem > k
says 4 "found an RSA key" key normalize k
