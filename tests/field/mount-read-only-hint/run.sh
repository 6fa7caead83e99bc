needs_mounts
cd host
for how in --yes --dry-run; do
  in_mounts 'k=.generated/spacetimedb-keys
    mount --bind $k $k
    mount -o remount,ro,bind $k
    "$KEYS" rotate --env local '$how' > ../out 2>&1' && exit 1
  grep -q "mounted read-only" ../out
  absent "run as the user who owns" ../out
  test ! -e .spacetime-keys/kv-local
done
# The folder of cli.toml, and the store's.
for folder in data/.config/spacetime .spacetime-keys; do
  mkdir -p $folder
  in_mounts "mount --bind $folder $folder
    mount -o remount,ro,bind $folder
    \"\$KEYS\" rotate --env local --yes > ../out 2>&1" && exit 1
  grep -q "mounted read-only" ../out
  absent "run as the user who owns" ../out
  test ! -e .spacetime-keys/kv-local
done
