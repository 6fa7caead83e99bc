issuer
cp www/set.json www/.well-known/openid-configuration
says 1 "set itself stands where the discovery document" token check --jwks "$SITE/.well-known/openid-configuration" < token.jwt
discovery "\"issuer\":\"$SITE\",\"jwks_uri\":\"$SITE/.well-known/openid-configuration\""
says 1 "this is a discovery document" jwks lint "$SITE"
says 1 "this is a discovery document" jwks lint www/.well-known/openid-configuration
tr -d '\n' < www/set.json | sed 's/^[^[]*//; s/}$//' > array.json
says 1 "JSON array, without the object" jwks lint array.json
sed 's/^\[//; s/\]$//' array.json > key.json
says 1 "single key: the set around it is missing" jwks lint key.json
says 4 "single key: the set around it is missing" token verify --jwks key.json < token.jwt
says 1 "PEM text.*--public-key" jwks lint host/.generated/spacetimedb-keys/id_ecdsa.pub
