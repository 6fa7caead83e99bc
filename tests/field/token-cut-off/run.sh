cat > t.jwt <<'END'
eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI1ZmM0NzEwZC1jOTkxLTRmZjAtODA1ZS0wM2NiNzAwMTNiYzAiLCJpc3MiOiJsb2NhbGhvc3QiLCJhdWQiOlsic3BhY2V0aW1lZGIiXSwiaWF0IjoxNzg5OTk5OTAwfQ.axLNZZOhwpDoarxSvOIyHs8fMnHvhYYwYoL_rHS9jtfKAxbWFH84UM3KEN1bzmGZHsCAmhVVaJ_y
END
"$KEYS" token mint --private-key host/.generated/spacetimedb-keys/id_ecdsa --purpose owner --subject s | tr -d "\n" > whole.jwt
says 1 "too short .*cut off" token check --keys-dir host/.generated/spacetimedb-keys --server 2.8.3 < t.jwt
says_not "token resign" token check --keys-dir host/.generated/spacetimedb-keys --server 2.8.3 < t.jwt
says 1 "cut off" token verify --public-key host/.generated/spacetimedb-keys/id_ecdsa.pub < t.jwt
# Every length.
for cut in 1 2 3 4 17 40 80; do
  head -c -"$cut" whole.jwt > cut.jwt
  says 1 "copy the whole token again" token check --keys-dir host/.generated/spacetimedb-keys < cut.jwt
done
# As a page shows it.
(head -c 40 whole.jwt; printf "…") > elided.jwt
says 1 "ellipsis .*copy the whole token" token check --keys-dir host/.generated/spacetimedb-keys < elided.jwt
(head -c 40 whole.jwt; printf "..."; tail -c 12 whole.jwt) > elided.jwt
says 4 "ellipsis" token decode < elided.jwt
