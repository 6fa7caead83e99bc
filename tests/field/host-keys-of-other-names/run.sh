cd host/.generated/spacetimedb-keys
mv id_ecdsa jwt.key
mv id_ecdsa.pub jwt.pub
cd ../..
says 1 "id_ecdsa" verify --keys-dir .generated/spacetimedb-keys
says 1 "jwt.key" verify --keys-dir .generated/spacetimedb-keys
unchanged says 3 "jwt.key" rotate --env local --yes --allow-unverified
rm data/.config/spacetime/cli.toml
unchanged says 3 "jwt.key|nothing is set up" rotate --env local --yes
