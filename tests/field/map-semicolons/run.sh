cat > in <<'END'
old_subject;new_subject
abc;u_1
def;u_2
END
from=https://sso.example.com/realms/app to=https://app.example.com
says 4 "separated by semicolons" identity map --from-issuer $from --to-issuer $to --input in
tr ";" "\t" < in > tabs
says 4 "separated by tabs" identity map --from-issuer $from --to-issuer $to --input tabs
tail -n +2 in > headless
says 0 "semicolon .*one subject" identity map --from-issuer $from --to-issuer $to --input headless
# Commas are read.
tr ";" "," < in > commas
says 0 "mapped 2 users" identity map --from-issuer $from --to-issuer $to --input commas
says_not "warn" identity map --from-issuer $from --to-issuer $to --input commas
