cd host
mv .generated/spacetimedb-keys/id_ecdsa .generated/spacetimedb-keys/real
ln -s real .generated/spacetimedb-keys/id_ecdsa
unchanged says 3 "symbolic link" rotate --env local --yes
unchanged says 3 "symbolic link" rotate --env local --dry-run
