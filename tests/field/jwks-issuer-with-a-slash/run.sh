issuer
discovery "\"issuer\":\"$SITE/\",\"jwks_uri\":\"$SITE/set.json\""
says 1 "not the .issuer. of the discovery document: a slash at the end" token verify --jwks "$SITE" < token.jwt
says 1 ERR_TOKEN_DISCOVERY_ISSUER token verify --json --jwks "$SITE" < token.jwt
says 0 "servers do not compare.*accepted" token check --jwks "$SITE" < token.jwt
says 0 '"discovery_issuer_matches": false' token check --json --jwks "$SITE" < token.jwt
# The set by itself says nothing of an issuer.
says 0 "not compared: issuer" token verify --jwks "$SITE/set.json" < token.jwt
says 1 "slash more or less" token verify --issuer "$SITE/" --jwks "$SITE/set.json" < token.jwt
discovery "\"issuer\":\"$SITE\",\"jwks_uri\":\"$SITE/set.json\""
says 0 "checked: signature, times, issuer" token verify --jwks "$SITE" < token.jwt
discovery "\"issuer\":\"https://other.example.com\",\"jwks_uri\":\"$SITE/set.json\""
says 1 "not the .issuer. of the discovery document" token verify --jwks "$SITE" < token.jwt
