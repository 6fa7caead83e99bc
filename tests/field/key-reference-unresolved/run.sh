for text in '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/key/0123)' '$(JwtPrivateKey)' '${JWT_PRIVATE_KEY}' \
  "{{ lookup('env', 'JWT_PRIVATE_KEY') }}" 'op://vault/item/key' 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key' '***'; do
  printf '%s\n' "$text" > k
  says 4 "a reference to a secret, not the secret.*variable is set" key normalize k
  absent "vault.azure|JwtPrivateKey|JWT_PRIVATE" "$OUT"
done
# So it is for a mounted key.
cd host
printf '${JWT_PRIVATE_KEY}\n' > .generated/spacetimedb-keys/id_ecdsa
says 1 "a reference to a secret" verify --keys-dir .generated/spacetimedb-keys
