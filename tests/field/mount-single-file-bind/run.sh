needs_mounts
cd host
for file in .generated/spacetimedb-keys/id_ecdsa data/.config/spacetime/cli.toml; do
  cp $file elsewhere
  in_mounts "mount --bind elsewhere $file
    \"\$KEYS\" rotate --env local --yes > ../out 2>&1" && exit 1
  grep -q "mount of its own" ../out
  grep -q "mount its folder" ../out
  test ! -e .spacetime-keys/kv-local
done
# Only the public key, and the dry run.
cp .generated/spacetimedb-keys/id_ecdsa.pub elsewhere
for how in --yes --dry-run; do
  in_mounts "mount --bind elsewhere .generated/spacetimedb-keys/id_ecdsa.pub
    \"\$KEYS\" rotate --env local $how > ../out 2>&1" && exit 1
  grep -q "mount of its own" ../out
done
test ! -e .spacetime-keys/kv-local
