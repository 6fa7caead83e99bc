mkdir -p home/.config/spacetime
mv host/data/.config/spacetime/cli.toml home/.config/spacetime/cli.toml
cd host
printf '[host]\ncli_toml = "~/.config/spacetime/cli.toml"\n' > spacetime-keys.toml
says 0 "done and proven" rotate --env local --yes
says 0 "accepted" token check --cli-toml ../home/.config/spacetime/cli.toml --keys-dir .generated/spacetimedb-keys
# The other paths of a configuration, and a variable, which no configuration knows.
mv .generated/spacetimedb-keys ../home/keys
printf '[store]\npath = "~/store"\n[host]\nkeys_dir = "~/keys"\ncli_toml = "~/.config/spacetime/cli.toml"\n' > spacetime-keys.toml
says 0 "done and proven" rotate --env local --yes --adopt-mounted
test -d ../home/store/kv-local
test ! -e "~"
printf '[host]\nkeys_dir = "$HOME/keys"\n' > spacetime-keys.toml
says 2 "HOME" verify
says 0 "^ok" verify --keys-dir ../home/keys
