cat > k.json <<'END'
{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"enc","kid":"1"}
END
"$KEYS" key normalize k.json > out.pem 2> err
grep -q "BEGIN PRIVATE KEY" out.pem
"$KEYS" key fingerprint out.pem > /dev/null
cp out.pem key.pem
same() { "$KEYS" key normalize k > out.pem 2> err; cmp out.pem "${1:-key.pem}"; }
# A list, as Supabase's command prints it; a set of one; a string in another document; without x and y.
printf '[%s]' "$(cat k.json)" > k; same
printf '{"keys":[%s]}' "$(cat k.json)" > k; same
printf '{"privateJwk":"%s"}' "$(sed 's/"/\\"/g' k.json)" > k; same
sed 's/"x":"[^"]*","y":"[^"]*",//' k.json > k; same
openssl pkey -in key.pem -pubout -out public.pem
sed 's/,"d":"[^"]*"//' k.json > k; same public.pem
