cd host
for half in private public; do
  mkdir -p .spacetime-keys/kv-prod/spacetimedb-jwt-$half-key/00000001
  echo '{"created":1790000000,"content_type":"","tags":{}}' > .spacetime-keys/kv-prod/spacetimedb-jwt-$half-key/00000001/properties.json
done
chmod -R go-rwx .spacetime-keys
base64 -w0 .generated/spacetimedb-keys/id_ecdsa > .spacetime-keys/kv-prod/spacetimedb-jwt-private-key/00000001/value
base64 -w0 .generated/spacetimedb-keys/id_ecdsa.pub > .spacetime-keys/kv-prod/spacetimedb-jwt-public-key/00000001/value
chmod 600 .spacetime-keys/kv-prod/*/*/value .generated/spacetimedb-keys/id_ecdsa data/.config/spacetime/cli.toml
says_not "replace-lost-key|lost" verify --env prod
says 0 "done and proven" resume --env prod
says 0 "^ok" verify --env prod
says 0 "done and proven" rotate --env prod --yes
# The text of a certificate's secret in a vault is PKCS#12 in base64: named, and nothing is replaced.
openssl req -x509 -key .generated/spacetimedb-keys/id_ecdsa -subj /CN=x -days 1 -out ../cert.pem 2> /dev/null
openssl pkcs12 -export -inkey .generated/spacetimedb-keys/id_ecdsa -in ../cert.pem -passout pass: -out ../k.p12
latest=$(ls -d .spacetime-keys/kv-prod/spacetimedb-jwt-private-key/*/ | tail -n 1)
base64 -w0 ../k.p12 > "$latest/value"
says 1 "PKCS#12" verify --env prod
says_not "replace-lost-key" verify --env prod
