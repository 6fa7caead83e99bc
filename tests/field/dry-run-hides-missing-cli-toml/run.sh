cd host
rm data/.config/spacetime/cli.toml
says 0 "there is no cli.toml" rotate --env local --dry-run
says 0 "there is no cli.toml" rotate --env local --yes
