cd host
unchanged says 4 "cli.tml" rotate --env local --yes --cli-toml data/.config/spacetime/cli.tml
unchanged says 4 "cli.tml" rotate --env local --dry-run --cli-toml data/.config/spacetime/cli.tml
