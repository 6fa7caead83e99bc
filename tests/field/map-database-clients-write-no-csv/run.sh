from=https://sso.example.com/realms/app to=https://app.example.com
map() { echo identity map --from-issuer $from --to-issuer $to --input; }
printf '4711\ta@b.example\n4712\t\\N\n' > copy
says 4 "tabs in it.*--separator tab" $(map) copy
says 0 "mapped 2 users: all rows good" $(map) copy --separator tab --header no --subject-column 1
printf 'a\\\\b\tx\nc\tsay "x"\n' > copy
says 1 "line 1: a backslash in a table of tabs.*mapped 1 user" $(map) copy --separator tab --header no --subject-column 1
printf 'user_id\temail\n4711\ta@b.example\nNULL\tc@d.example\n' > mysql
says 4 "separated by tabs" $(map) mysql --subject-column user_id
says 1 "line 3: the word for an empty value.*mapped 1 user" $(map) mysql --separator tab --subject-column user_id
printf '4711|a@b.example\nauth0|5f7c|c@d.example\n' > sqlite
says 4 "bars in it.*--separator '.'" $(map) sqlite
printf '  id  | username \n------+----------\n 4711 | jane\n(1 row)\n' > psql
says 4 "looks like a header" $(map) psql
printf '4711\n----\n4712\n' > psql
says 1 "line 2: a line that frames a table" $(map) psql
# A quote in a name takes no rows below for its own.
printf '1\t"a\n2\tb"\n3\tc\n' > quotes
says 1 "line 1: a quoted value.*mapped 2 users: 1 bad row" $(map) quotes --separator tab --header no --subject-column 1
