cat > in <<'END'
id,username
2f6c,alice
8a3d,bob
END
from=https://sso.example.com/realms/app to=https://app.example.com
says 0 "no header: the first row is taken for a user" identity map --from-issuer $from --to-issuer $to --input in
printf "user_id\n2f6c\n" > one
says 0 "looks like a header" identity map --from-issuer $from --to-issuer $to --input one
(echo old_subject,new_subject; tail -n +2 in) > named
says_not "first row" identity map --from-issuer $from --to-issuer $to --input named
