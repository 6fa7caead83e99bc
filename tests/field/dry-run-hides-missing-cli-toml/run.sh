cd host
rm data/.config/spacetime/cli.toml
says 0 "there is no cli.toml" rotate --env local --dry-run
says 0 "there is no cli.toml" rotate --env local --yes
# One without a token, and none for `sync`.
cd ..
for how in --dry-run --yes; do
  rm -rf try && mkdir try && cp -r host/.generated try/ && mkdir -p try/data/.config/spacetime
  cd try
  printf 'default_server = "local"\n' > data/.config/spacetime/cli.toml
  "$KEYS" rotate --env local $how --no-preserve-publisher-token > ../out 2>&1
  rm data/.config/spacetime/cli.toml
  "$KEYS" rotate --env all $how > ../all 2>&1
  grep -q "there is no cli.toml" ../all
  cd ..
done
