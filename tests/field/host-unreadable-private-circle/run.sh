cd host
printf -- '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n' > .generated/spacetimedb-keys/id_ecdsa
for command in "verify --env local" "resume --env local --no-preserve-publisher-token" "rotate --env local --yes --no-preserve-publisher-token"; do
  "$KEYS" $command > ../out 2>&1 && exit 1
  grep -q "id_ecdsa" ../out
  absent "makes its first pair" ../out
  absent "spacetime-keys resume" ../out
done
# Empty, another kind of key, and bytes.
for damage in ': >' 'openssl genpkey -algorithm ed25519 -out' 'head -c 120 /dev/zero >'; do
  eval "$damage .generated/spacetimedb-keys/id_ecdsa"
  for command in "verify --env local" "resume --env local --no-preserve-publisher-token" "rotate --env local --yes --no-preserve-publisher-token"; do
    "$KEYS" $command > ../out 2>&1 && exit 1
    grep -q "id_ecdsa" ../out
    absent "makes its first pair" ../out
    absent "spacetime-keys resume" ../out
  done
done
