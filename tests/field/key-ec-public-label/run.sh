u=host/.generated/spacetimedb-keys/id_ecdsa.pub
sed 's/PUBLIC KEY/EC PUBLIC KEY/' $u > u
"$KEYS" key normalize u > out.pem
cmp out.pem $u
for label in "ECDSA PUBLIC KEY" "RSA PUBLIC KEY" "PRIVATE KEY"; do
  sed "s/PUBLIC KEY/$label/" host/.generated/spacetimedb-keys/id_ecdsa.pub > u
  "$KEYS" key normalize u > out.pem 2> err
  cmp out.pem host/.generated/spacetimedb-keys/id_ecdsa.pub
done
