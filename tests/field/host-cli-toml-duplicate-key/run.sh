cd host
sed -i '1i spacetimedb_token = "x"' data/.config/spacetime/cli.toml
unchanged says 4 "cli.toml.*line" rotate --env local --yes
# Others that TOML does not allow: a table twice, a string without an end, a value without a name.
good=$(sed 1d data/.config/spacetime/cli.toml)
for line in '[a]
[a]' 'default_server = "local' '= "x"'; do
  printf '%s\n%s\n' "$good" "$line" > data/.config/spacetime/cli.toml
  unchanged says 4 "cli.toml.*line" rotate --env local --yes
  unchanged says 4 "cli.toml.*line" token decode --cli-toml data/.config/spacetime/cli.toml
done
