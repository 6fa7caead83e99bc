k=host/.generated/spacetimedb-keys/id_ecdsa
openssl req -x509 -key $k -subj /CN=x -days 1 -out cert.pem 2> /dev/null
cat $k cert.pem > k
"$KEYS" key normalize k > out.pem 2> err
cmp out.pem $k
same() { "$KEYS" key normalize k > out.pem 2> err; cmp out.pem $k; }
cat cert.pem $k > k; same
cat $k cert.pem cert.pem > k; same
openssl pkcs12 -export -inkey $k -in cert.pem -passout pass:x -out k.p12
openssl pkcs12 -in k.p12 -nodes -password pass:x > k; same
# Two keys are two keys.
openssl ecparam -name prime256v1 -genkey -noout > other.pem
cat $k cert.pem other.pem > k
says 4 "more than one key" key normalize k
