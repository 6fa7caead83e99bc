cat > k.json <<'END'
{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"enc","kid":"1"}
END
"$KEYS" key normalize k.json > out.pem 2> err
grep -q "BEGIN PRIVATE KEY" out.pem
"$KEYS" key fingerprint out.pem > /dev/null
