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
