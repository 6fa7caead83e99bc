issuer
discovery "\"issuer\":\"$SITE\",\"jwks_uri\":\"$SITE/set.json\""
for url in "$SITE" "$SITE/" "$SITE/.well-known/openid-configuration"; do
  says 0 "the set is http://127.0.0.1:[0-9]+/set.json, the .jwks_uri. of .*/.well-known/openid-configuration.* ok" jwks lint "$url"
  says 0 "valid" token verify --jwks "$url" < token.jwt
done
# An app at the issuer's URL is no obstacle.
echo '<!doctype html><title>Welcome</title>' > www/index.html
says 0 "the set is" jwks lint "$SITE"
rm -r www/.well-known
says 1 "HTML page" jwks lint "$SITE"
