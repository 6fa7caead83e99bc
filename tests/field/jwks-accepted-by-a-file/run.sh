issuer
says 0 "accepted.*if servers find this set" token check --jwks www/set.json < token.jwt
keys=host/.generated/spacetimedb-keys
says 0 accepted token check --keys-dir "$keys" --jwks www/set.json < token.jwt
says_not "if servers find" token check --keys-dir "$keys" --jwks www/set.json < token.jwt
says 0 '"condition": null' token check --json --public-key "$keys/id_ecdsa.pub" < token.jwt
