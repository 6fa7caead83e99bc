cd host
says 0 "key files of this host are the ones from before.*sync --env local.*401" rotate --env local --yes --no-sync-mounted-keys
says 1 "sync --env local" verify --env local
"$KEYS" sync --env local > ../out 2>&1
says 0 "key files of this host are the ones from before.*sync --env local" rollback --env local --yes --no-sync-mounted-keys
