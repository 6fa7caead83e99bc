cd host
sed -i '1i spacetimedb_token = "x"' data/.config/spacetime/cli.toml
unchanged says 4 "cli.toml.*line" rotate --env local --yes
