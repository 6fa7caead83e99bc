issuer "$SITE/realms/app"
discovery "\"issuer\":\"$SITE/realms/app\",\"jwks_uri\":\"$SITE/set.json\""
says 0 "accepted.*if servers find this set" token check --jwks "$SITE" < token.jwt
mkdir -p www/realms/app/.well-known
cp www/.well-known/openid-configuration www/realms/app/.well-known
says_not "if servers find" token check --jwks "$SITE/realms/app" < token.jwt
says 4 "the answer is 404" token check --jwks "$SITE/realms/other" < token.jwt
