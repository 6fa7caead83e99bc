issuer
mv www/set.json www/.well-known/jwks.json
says 0 "accepted.*if servers find this set: they fetch only ISS/.well-known/openid-configuration" \
  token check --jwks "$SITE/.well-known/jwks.json" < token.jwt
says 0 '"condition": "if servers find this set' token check --json --jwks "$SITE/.well-known/jwks.json" < token.jwt
# With the URL that the condition names, their way is gone.
says 4 "openid-configuration: the answer is 404" token check --jwks "$SITE/.well-known/openid-configuration" < token.jwt
discovery "\"issuer\":\"$SITE\",\"jwks_uri\":\"$SITE/.well-known/jwks.json\""
says 0 accepted token check --jwks "$SITE/.well-known/openid-configuration" < token.jwt
says_not "if servers find" token check --jwks "$SITE/.well-known/openid-configuration" < token.jwt
