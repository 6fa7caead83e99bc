cat > in <<'END'
old_subject;new_subject
abc;u_1
def;u_2
END
from=https://sso.example.com/realms/app to=https://app.example.com
map() { echo identity map --from-issuer $from --to-issuer $to --input; }
says 4 "separated by semicolons.*--separator ';'" $(map) in
tr ";" "\t" < in > tabs
says 4 "separated by tabs.*--separator tab" $(map) tabs
tail -n +2 in > headless
says 4 "semicolons.*--separator ';'" $(map) headless
# Said, it is read.
says 0 "mapped 2 users" $(map) in --separator ';'
says 0 "mapped 2 users" $(map) tabs --separator tab
(echo "sep=;"; cat in) > declared
says 0 "mapped 2 users" $(map) declared
# Commas are read.
tr ";" "," < in > commas
says 0 "mapped 2 users" $(map) commas
says_not "warn" $(map) commas
