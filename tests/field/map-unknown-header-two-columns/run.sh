cat > in <<'END'
id,username
2f6c,alice
8a3d,bob
END
from=https://sso.example.com/realms/app to=https://app.example.com
map() { echo identity map --from-issuer $from --to-issuer $to --input; }
says 4 "looks like a header.*--subject-column" $(map) in
printf "user_id\n2f6c\n" > one
says 4 "looks like a header" $(map) one
says 0 "mapped 2 users" $(map) in --subject-column id
says_not "alice" $(map) in --subject-column id
says 0 "no header: the first row is taken for a user" $(map) in --header no
(echo old_subject,new_subject; tail -n +2 in) > named
says_not "first row" $(map) named
# In any language, where the rows below are of another kind.
printf "Kennung,Konto\n4711,a\n4712,b\n" > german
says 4 "looks like a header" $(map) german
