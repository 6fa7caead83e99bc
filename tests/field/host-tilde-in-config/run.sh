mkdir -p home/.config/spacetime
mv host/data/.config/spacetime/cli.toml home/.config/spacetime/cli.toml
cd host
printf '[host]\ncli_toml = "~/.config/spacetime/cli.toml"\n' > spacetime-keys.toml
says 0 "done and proven" rotate --env local --yes
says 0 "accepted" token check --cli-toml ../home/.config/spacetime/cli.toml --keys-dir .generated/spacetimedb-keys
