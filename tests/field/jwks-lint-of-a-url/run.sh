mkdir www
cat > www/set.json <<'END'
{
 "keys": [
  {
   "kty": "EC",
   "crv": "P-256",
   "x": "e0ImdMKvRvzyc4dGKRwakWRRaj6bAfzpphVZStBEt0o",
   "y": "ccpkWxyIm39O6oUIDaPyQElD_sOc_qzvRqjgoLOLhis",
   "kid": "A",
   "use": "sig"
  },
  {
   "kty": "EC",
   "crv": "P-521",
   "x": "AQxHwzZTQhEJT-4vi0ZF2bJ1X3Q52kvOtvfzY0ayfjp6XeCldkYbmxTR5bkCijxFqsvxToiJSicxloo_6CjZkElH",
   "y": "ARhlQpBgAarQNLrtsE6u9YRfDhZiUS71B1PV4hgZStUsncP0-wVaOArD4lWDN2AJzcUHvFur_gcXJl6fC-Bwy8Uc",
   "kid": "B"
  }
 ]
}
END
"$KEYS" jwks lint www/set.json > file
"$KEYS" jwks lint "$SITE/set.json" > url
cmp file url
says_not "no such file" jwks lint "$SITE/set.json"
says 4 "the answer is 404" jwks lint "$SITE/nothing.json"
says 0 '"url": "http://127.0.0.1:[0-9]+/set.json"' jwks lint --json "$SITE/set.json"
