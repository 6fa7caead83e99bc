# Copied from the self-hosting guide, word for word; the indentation that a copy loses is back.

sync_key := home_directory() / ".ssh/azvmsync"
sync_remote_data := "/home/deploy/spacetimedb-app/.config/spacetimedb/data/"
sync_local_data := ".config/spacetimedb/data/"
sync_rsync_opts := "-avz --delete"
sync_spacetime_service := "spacetimedb"
sync_local_cli_toml := sync_local_data + ".config/spacetime/cli.toml"
sync_local_priv_key := ".generated/spacetimedb-keys/id_ecdsa"

[group('azure')]
az-login:
    az login --use-device-code && az account show --query "{name:name, id:id}" -o table

[group('azure')]
kv-rotate-jwt-keys-preview:
    bun tools/azure/spacetimedb-tooling.ts --dry-run --verbose

[group('azure')]
[confirm("This rotates JWT signing keys in Key Vault environments. Continue?")]
kv-rotate-jwt-keys ENV="local":
    bun tools/azure/spacetimedb-tooling.ts --yes --preserve-publisher-token-env "{{ENV}}"

[group('azure')]
kv-verify-jwt-keys:
    bun tools/azure/spacetimedb-tooling.ts --verify-only

[group('azure')]
kv-resign-jwt-token CLI_TOML="./data/.config/spacetime/cli.toml" PRIV_KEY=".generated/spacetimedb-keys/id_ecdsa":
    bun tools/azure/spacetimedb-tooling.ts --resign-token-only --publisher-cli-toml-path "{{CLI_TOML}}" --private-key-path "{{PRIV_KEY}}"

[group('deploy')]
spacetimedb-publish:
    spacetime publish --yes --server http://127.0.0.1:3003 --js-path ./dist/bundle.js spacetime

[group('sync')]
sync-from-prod:
    #!/usr/bin/env bash
    set -euo pipefail
    echo "Syncing SpacetimeDB data: azvmprod -> local"
    docker compose -f ./.generated/docker-compose.yaml stop {{sync_spacetime_service}} || true
    rsync {{sync_rsync_opts}} -e "ssh -i {{sync_key}}" \
    "deploy@azvmprod:{{sync_remote_data}}" \
    "{{sync_local_data}}"
    bun tools/azure/spacetimedb-tooling.ts \
    --resign-token-only \
    --publisher-cli-toml-path "{{sync_local_cli_toml}}" \
    --private-key-path "{{sync_local_priv_key}}"
    docker compose -f ./.generated/docker-compose.yaml up -d {{sync_spacetime_service}}
    echo "Sync complete: azvmprod -> local"

[group('sync')]
sync-from-test:
    #!/usr/bin/env bash
    set -euo pipefail
    echo "Syncing SpacetimeDB data: azvmtest -> local"
    docker compose -f ./.generated/docker-compose.yaml stop {{sync_spacetime_service}} || true
    rsync {{sync_rsync_opts}} -e "ssh -i {{sync_key}}" \
    "deploy@azvmtest:{{sync_remote_data}}" \
    "{{sync_local_data}}"
    bun tools/azure/spacetimedb-tooling.ts \
    --resign-token-only \
    --publisher-cli-toml-path "{{sync_local_cli_toml}}" \
    --private-key-path "{{sync_local_priv_key}}"
    docker compose -f ./.generated/docker-compose.yaml up -d {{sync_spacetime_service}}
    echo "Sync complete: azvmtest -> local"

# Cross-VM sync (no local hop -- runs rsync from source VM to destination VM)
[group('sync')]
sync-prod-to-test:
    #!/usr/bin/env bash
    set -euo pipefail
    echo "Syncing SpacetimeDB data: azvmprod -> azvmtest"
    ssh -i "{{sync_key}}" deploy@azvmprod \
    "rsync {{sync_rsync_opts}} -e 'ssh -i ~/.ssh/azvmsync' '{{sync_remote_data}}' 'deploy@azvmtest:{{sync_remote_data}}'"
    ssh -i "{{sync_key}}" deploy@azvmtest \
    "cd /home/deploy/spacetimedb-app && bun tools/azure/spacetimedb-tooling.ts --resign-token-only --publisher-cli-toml-path {{sync_remote_data}}.config/spacetime/cli.toml --private-key-path .generated/spacetimedb-keys/id_ecdsa"
    echo "Sync complete: azvmprod -> azvmtest"
