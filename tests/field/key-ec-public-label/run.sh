u=host/.generated/spacetimedb-keys/id_ecdsa.pub
sed 's/PUBLIC KEY/EC PUBLIC KEY/' $u > u
"$KEYS" key normalize u > out.pem
cmp out.pem $u
