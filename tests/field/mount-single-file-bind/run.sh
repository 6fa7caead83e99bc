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
