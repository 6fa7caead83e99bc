issuer
echo '<!doctype html><title>Sign in</title>' > www/page
echo '{"issuer":"x"}' > www/document
{ printf '\357\273\277'; cat www/set.json; } > www/bom.json
for row in "page|HTML page" "document|no .jwks_uri." "bom.json|byte order mark"; do
  url="$SITE/${row%%|*}" what="${row##*|}"
  says 1 "$what" token check --jwks "$url" < token.jwt
  says_not "one bad entry" token check --jwks "$url" < token.jwt
  says 4 "$what" token verify --jwks "$url" < token.jwt
  says 1 "$what" jwks lint "$url"
done
