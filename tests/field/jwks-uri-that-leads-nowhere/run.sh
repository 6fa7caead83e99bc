issuer
for row in '"/set.json"|relative' '"set.json"|relative' 'null|no string' '["https://id.example.com/jwks"]|no string' \
  '"ftp://id.example.com/jwks"|no http or https URL' '"https://a b/jwks"|no http or https URL'; do
  discovery "\"issuer\":\"$SITE\",\"jwks_uri\":${row%%|*}"
  says 1 "discovery document's .jwks_uri. is .*${row##*|}" jwks lint "$SITE"
  says 1 "discovery document's .jwks_uri. is .*${row##*|}" token check --jwks "$SITE" < token.jwt
  says 4 "discovery document's .jwks_uri. is .*${row##*|}" token verify --jwks "$SITE" < token.jwt
done
discovery "\"jwks_uri\":\"$SITE/set.json\",\"jwks_uri\":\"$SITE/set.json\""
says 1 "twice" jwks lint "$SITE"
