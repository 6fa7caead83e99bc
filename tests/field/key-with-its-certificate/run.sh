k=host/.generated/spacetimedb-keys/id_ecdsa
openssl req -x509 -key $k -subj /CN=x -days 1 -out cert.pem 2> /dev/null
cat $k cert.pem > k
"$KEYS" key normalize k > out.pem 2> err
cmp out.pem $k
