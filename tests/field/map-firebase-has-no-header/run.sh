from=https://securetoken.google.com/acme to=https://app.example.com
map() { echo identity map --from-issuer $from --to-issuer $to --input; }
printf 'cxe6TkvLkSP8vEIg2vIzZ7Xp9Tn1,a@b.example,false,,,Ann,,,\nd7MmVz0yNQfcLtYbUqKJr3sW8Xo2,,false,,,,,,\n' > in
says 4 "more than two columns.*--subject-column" $(map) in
says 0 "mapped 2 users: all rows good" $(map) in --subject-column 1 --header no
# Without --header, what was made of the first row is said.
says 0 "first row is taken for a user" $(map) in --subject-column 1
printf '{"users": [\n{\n  "localId": "cxe6TkvLkSP8vEIg2vIzZ7Xp9Tn1"\n}\n]}' > in.json
says 4 "is a JSON document.*jq -c '.users\[\] . .subject: .localId.'" $(map) in.json
# A document of two lines is one, too, and so is a realm of Keycloak.
printf '{"realm":"app","users":[\n{"id":"2f6c"}]}\n' > in.json
says 4 "is a JSON document" $(map) in.json
