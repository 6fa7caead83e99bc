token=$(signed '{"alg":"ES256"}' '{"iss":"localhost","sub":"a","aud":[],"iat":1}')
other=$(signed '{"alg":"ES256"}' '{"iss":"localhost","sub":"b","aud":[],"iat":1}')
printf %s "$token" > whole
"$KEYS" token decode whole > right
same() { printf "$1" "$token" > t; "$KEYS" token decode t > decoded; diff right decoded; }
same 'https://app.example.com/callback#access_token=%s&token_type=bearer&expires_in=86399'
same 'https://app.example.com/?state=a.b.c&id_token=%s#x'
same 'Cookie: session=%s; Path=/'
same 'curl -H "Authorization: Bearer %s" https://db.example.com/v1/ping'
same 'SPACETIMEDB_TOKEN="%s"\nPORT=3000\n'
same 'spacetimedb_token = "%s"\n'
same '{"data":{"session":{"access_token":"%s","refresh_token":"v1.abc"}}}'
same 'JWT %s'
printf 'https://app.example.com/#access_token=%s&id_token=%s' "$token" "$other" > t
says 4 "more than one token" token decode t
absent "eyJ" "$OUT"
