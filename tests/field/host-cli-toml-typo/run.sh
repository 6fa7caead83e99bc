cd host
unchanged says 4 "cli.tml" rotate --env local --yes --cli-toml data/.config/spacetime/cli.tml
unchanged says 4 "cli.tml" rotate --env local --dry-run --cli-toml data/.config/spacetime/cli.tml
unchanged says 4 "cli.tml" token decode --cli-toml data/.config/spacetime/cli.tml
unchanged says 4 "spacetimedb-kyes" rotate --env local --yes --keys-dir .generated/spacetimedb-kyes
printf '[host]\ncli_toml = "data/cli.toml"\n' > spacetime-keys.toml
unchanged says 4 "data/cli.toml" rotate --env local --yes
