cd host
mv .generated/spacetimedb-keys/id_ecdsa .generated/spacetimedb-keys/real
ln -s real .generated/spacetimedb-keys/id_ecdsa
unchanged says 3 "symbolic link" rotate --env local --yes
unchanged says 3 "symbolic link" rotate --env local --dry-run
# The public key, and one that leads nowhere.
mv .generated/spacetimedb-keys/real .generated/spacetimedb-keys/id_ecdsa
mv .generated/spacetimedb-keys/id_ecdsa.pub .generated/spacetimedb-keys/real.pub
ln -s real.pub .generated/spacetimedb-keys/id_ecdsa.pub
for how in --yes --dry-run; do unchanged says 3 "symbolic link" rotate --env local $how; done
rm .generated/spacetimedb-keys/id_ecdsa.pub
ln -s nowhere .generated/spacetimedb-keys/id_ecdsa.pub
# The pair is not whole then: `resume`, which that names, says what it is.
unchanged says 3 "symbolic link|resume" rotate --env local --yes
unchanged says 3 "symbolic link" resume --env local
