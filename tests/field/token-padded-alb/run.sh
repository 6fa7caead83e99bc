cat > t.jwt <<'END'
eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI1ZmM0NzEwZC1jOTkxLTRmZjAtODA1ZS0wM2NiNzAwMTNiYzAiLCJpc3MiOiJsb2NhbGhvc3QiLCJhdWQiOlsic3BhY2V0aW1lZGIiXSwiaWF0IjoxNzg5OTk5OTAwfQ==.axLNZZOhwpDoarxSvOIyHs8fMnHvhYYwYoL_rHS9jtfKAxbWFH84UM3KEN1bzmGZHsCAmhVVaJ_yTctDEI68kw==
END
says 1 "padded with .=. .*does not help" token check --keys-dir host/.generated/spacetimedb-keys --server 2.8.3 < t.jwt
says_not "copy the whole token again" token check --keys-dir host/.generated/spacetimedb-keys --server 2.8.3 < t.jwt
says 4 "padded" token decode < t.jwt
# Only one part.
whole=$(tr -d '=' < t.jwt)
for padded in "${whole%.*}=.${whole##*.}" "${whole}==" ; do
  printf %s "$padded" > one.jwt
  says 1 "padded with .=." token check --keys-dir host/.generated/spacetimedb-keys < one.jwt
done
