from=https://sso.example.com/realms/app to=https://app.example.com
map() { echo identity map --from-issuer $from --to-issuer $to --input; }
for line in 'sep=;' '"sep=;"' 'SEP=;'; do
  printf '\357\273\277%s\r\nold_subject;new_subject\r\nabc;u_1\r\n' "$line" > in
  says 0 "mapped 1 user: all rows good" $(map) in
  says 0 "abc,u_1,c200" $(map) in
done
printf 'sep=\t\r\nold_subject\tnew_subject\r\nabc\tu_1\r\n' > tabs
says 0 "abc,u_1,c200" $(map) tabs
# Two that contradict each other are not weighed.
says 2 "declares another separator" $(map) in --separator ,
