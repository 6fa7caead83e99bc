cat > t.jwt <<'END'
Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI1ZmM0NzEwZC1jOTkxLTRmZjAtODA1ZS0wM2NiNzAwMTNiYzAiLCJpc3MiOiJsb2NhbGhvc3QiLCJhdWQiOlsic3BhY2V0aW1lZGIiXSwiaWF0IjoxNzg5OTk5OTAwfQ.axLNZZOhwpDoarxSvOIyHs8fMnHvhYYwYoL_rHS9jtfKAxbWFH84UM3KEN1bzmGZHsCAmhVVaJ_yTctDEI68kw
END
keys=host/.generated/spacetimedb-keys
token=$(sed "s/^Bearer //" t.jwt)
says 0 "accepted" token check --keys-dir $keys --server 2.8.3 < t.jwt
printf "%s" "$token" > bare.jwt
"$KEYS" token decode < bare.jwt > right
same() {
  "$KEYS" token decode "$@" > decoded
  diff right decoded
}
same < t.jwt
printf "Authorization: bearer %s\r\n" "$token" | same
printf '"%s"\n' "$token" | same
printf '{"identity":"c200","token":"%s"}' "$token" | same
printf '{"access_token":"%s","token_type":"Bearer"}' "$token" | same
same "Bearer $token"
same @bare.jwt
same t.jwt
same <(printf "%s" "$token")
printf '{"id_token":"%s","access_token":"another"}' "$token" > both.json
says 4 "more than one token" token decode both.json
# Nothing is not an opaque token.
says 2 "standard input is empty: no token" token decode < /dev/null
says 2 "is empty: no token" token check --keys-dir $keys < /dev/null
says 2 "is empty: no token" token verify --public-key $keys/id_ecdsa.pub ""
