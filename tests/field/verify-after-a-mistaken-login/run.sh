cd host
chmod 600 data/.config/spacetime/cli.toml
says 0 "done and proven" rotate --env local --yes
token=$("$KEYS" token mint --private-key .generated/spacetimedb-keys/id_ecdsa --purpose owner --subject 9b2e4c1a-0000-4000-8000-000000000001 --ttl 24h 2> /dev/null)
sed -i "s|^spacetimedb_token = .*|spacetimedb_token = \"$token\"|" data/.config/spacetime/cli.toml
says 1 "another publisher than the escrow" verify --env local
unchanged says 3 "not in escrow" rotate --env local --yes
says 0 "restored from escrow" token restore --env local
says 0 "^ok" verify --env local
# A web login by mistake is another publisher as well, and no token at all is a way to lose it.
"$KEYS" token mint --private-key .generated/spacetimedb-keys/id_ecdsa --issuer https://auth.spacetimedb.com --subject stranger --ttl 1h > ../web 2> /dev/null
sed -i "s|^spacetimedb_token = .*|spacetimedb_token = \"$(cat ../web)\"|" data/.config/spacetime/cli.toml
says 1 "another publisher than the escrow" verify --env local
sed -i "/^spacetimedb_token = /d" data/.config/spacetime/cli.toml
says 1 "token restore|no token" verify --env local
says 0 "restored from escrow" token restore --env local
says 0 "^ok" verify --env local
