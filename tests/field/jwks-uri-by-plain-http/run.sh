issuer
discovery "\"issuer\":\"$SITE\",\"jwks_uri\":\"http://id.invalid/certs\""
for command in "jwks lint" "token check --jwks" "token verify --jwks"; do
  # shellcheck disable=SC2086
  says 3 "plain http can be exchanged on the way.*--plain-http" $command "$SITE" < token.jwt
done
says 3 "plain http" jwks lint http://id.invalid/certs
# Told so, it goes there: nobody is.
says 4 "id.invalid" jwks lint --plain-http --timeout 5s "$SITE"
discovery "\"issuer\":\"$SITE\",\"jwks_uri\":\"${SITE/:\/\//://me:secret@}/set.json\""
says 3 "user name" jwks lint "$SITE"
says_not "secret" jwks lint "$SITE"
