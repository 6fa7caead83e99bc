k=host/.generated/spacetimedb-keys/id_ecdsa
openssl pkcs8 -topk8 -in $k -passout pass:x -out locked.pem
says 4 "encrypted private key.*openssl pkey -in FILE" key normalize locked.pem
printf '"%s"' "$(sed 's/$/\\n/' locked.pem | tr -d '\n')" > escaped.pem
says 4 "encrypted private key" key normalize escaped.pem
base64 -w0 locked.pem > base64.pem
says 4 "encrypted private key" key normalize base64.pem
openssl ec -in $k -aes256 -passout pass:x -out old.pem 2> err
says 4 "encrypted private key" key normalize old.pem
for blank in '' '\n\n' '\xef\xbb\xbf'; do
  printf "$blank" > empty.pem
  says 4 "the input is empty" key normalize empty.pem
  absent "pass" "$OUT"
done
