from=https://acme.eu.auth0.com/ to=https://app.example.com
map() { echo identity map --from-issuer $from --to-issuer $to --input; }
printf '"user_id","email"\n"'"'"'auth0|5f7c","'"'"'a@b.example"\n' > in
says 1 "line 2: an apostrophe before the subject.*JSON" $(map) in --subject-column user_id
says_not "c200" $(map) in --subject-column user_id
echo '{"user_id":"auth0|5f7c","email":"a@b.example"}' > in.json
says 0 "auth0.5f7c,auth0.5f7c,c200" $(map) in.json --subject-column user_id
# As it is downloaded.
gzip -k in.json
says 4 "packed by gzip.*zcat" $(map) in.json.gz --subject-column user_id
# A user's own bars separate nothing.
printf 'auth0|5f7c\nsamlp|acme|jane\n' > subjects
says 0 "mapped 2 users: all rows good" $(map) subjects
