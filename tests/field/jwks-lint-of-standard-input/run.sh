issuer
says 0 "ok" jwks lint - < www/set.json
says 1 "the text is empty" jwks lint - < /dev/null
{ printf '\357\273\277'; cat www/set.json; } > bom.json
says 1 "byte order mark" jwks lint - < bom.json
gzip -c www/set.json > set.json.gz
says 1 "gzip" jwks lint - < set.json.gz
iconv -f UTF-8 -t UTF-16 www/set.json > utf-16.json
says 1 "UTF-16" jwks lint - < utf-16.json
