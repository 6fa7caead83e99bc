keys=host/.generated/spacetimedb-keys
token=$(signed '{"alg":"ES256"}' '{"iss":"localhost","sub":"a","aud":[],"iat":1}')
begin=$(printf %s "$token" | head -c 30) end=$(printf %s "$token" | tail -c +31)
for unseen in '\u200b' '\u200c' '\u2060' '\ufeff' '\u00ad'; do
  # As UTF-8, in any locale.
  printf '%s%s%s' "$begin" "$(LC_ALL=C.UTF-8 printf "$unseen")" "$end" > t
  says 0 "accepted" token check --keys-dir $keys t
done
printf '\xe2\x80\x9c%s\xe2\x80\x9d' "$token" > t
says 0 "accepted" token check --keys-dir $keys t
printf '\xe2\x80\x98%s\xe2\x80\x99\n' "$token" > t
says 0 "accepted" token check --keys-dir $keys t
# A letter that only looks alike is another one.
printf '%s\xd0\xb0%s' "$begin" "$end" > t
says 1 "refused" token check --keys-dir $keys t
