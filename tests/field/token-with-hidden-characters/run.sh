printf '%s' 'eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSIsInN1YiI6InVzZXLigK5uaW1kYSIsIm5hbWUiOiLCmzJKeH_igIvzoIGB4oCoIiwiaWF0IjoxfQ.AAAA' > odd.jwt
says 0 'user\\u202enimda.*\\u009b2Jx\\u007f\\u200b\\udb40\\udc41\\u2028' token decode odd.jwt
says 0 'user\\u202enimda.*\\u009b2Jx\\u007f' token decode --json odd.jwt
for more in '' --json; do
  "$KEYS" token decode $more odd.jwt > shown
  # All of it is ASCII: what was not is escaped.
  ! LC_ALL=C grep -q '[^ -~]' shown
done
