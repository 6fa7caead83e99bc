from=https://sso.example.com/realms/app to=https://app.example.com
map() { echo identity map --from-issuer $from --to-issuer $to --input; }
for subject in 1.23457E+17 1E+17 1e+21 4711.0 '"4,687E+11"'; do
  printf 'subject\r\n%s\r\n80351110224678912\r\n' "$subject" > in
  says 1 "line 2: a number as spreadsheets.* digits are lost" $(map) in
  says 1 "mapped 1 user: 1 bad row" $(map) in
done
for subject in NULL '\N' None nan '#N/A'; do
  printf 'subject\n%s\na\n' "$subject" > in
  says 1 "line 2: the word for an empty value" $(map) in
done
echo '{"subject":"NULL"}' > in.json
says 0 "mapped 1 user: all rows good" $(map) in.json
# Hexadecimal ids are none of these.
printf 'subject\n15e17\n1e5\n4711.5\n0042\n' > in
says 0 "mapped 4 users: all rows good" $(map) in
