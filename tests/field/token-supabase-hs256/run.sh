cat > set.json <<'END'
{
 "keys": []
}
END
cat > t.jwt <<'END'
eyJhbGciOiJIUzI1NiIsImtpZCI6IlExYUIyYzNENGU1RjZnN0giLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL2FiY2RlZmdoaWprbC5zdXBhYmFzZS5jby9hdXRoL3YxIiwic3ViIjoiM2YxYzdhMWUtNWE2YS00ZTUxLTlhMzAtMGE4ZDhkOWE0ZjExIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsImV4cCI6NDEwMjQ0NDgwMCwiaWF0IjoxNzg5OTk5OTk1LCJyb2xlIjoiYXV0aGVudGljYXRlZCIsImFhbCI6ImFhbDEiLCJzZXNzaW9uX2lkIjoiM2M1MjY2MmMtYjAyOS00ZTgwLTljODQtMTM4NGY0ZjVmOWIwIiwiaXNfYW5vbnltb3VzIjpmYWxzZSwiYW1yIjpbeyJtZXRob2QiOiJwYXNzd29yZCIsInRpbWVzdGFtcCI6MTc4OTk5OTk5NX1dLCJ1c2VyX21ldGFkYXRhIjp7fSwiZW1haWwiOiJ1QGV4YW1wbGUuY29tIiwicGhvbmUiOiIifQ.Htn4ynEEZtJUgt6S0sAITWxBRZ6hkp9xyPEIRgYL8Sk
END
for version in 1.2 2.8.3 2.14; do
  says 1 "have the issuer sign with ES256 or RS256.*Supabase" token check --jwks set.json --server "$version" < t.jwt
done
# Nothing is known of the issuer: the warning comes first.
says 1 "DANGER" token check --keys-dir host/.generated/spacetimedb-keys < t.jwt
# HS512, and a project's `anon` key, which is no user's token.
for claims in '{"iss":"https://p.supabase.co/auth/v1","sub":"u","aud":"authenticated","iat":1}' \
  '{"iss":"supabase","ref":"p","role":"anon","iat":1700000000,"exp":4102444800}'; do
  for alg in HS256 HS384 HS512; do
    printf '%s.%s.AAAA' "$(printf '{"alg":"%s"}' $alg | base64url)" "$(printf %s "$claims" | base64url)" > other.jwt
    says 1 "HMAC.*have the issuer sign with ES256 or RS256" token check --jwks set.json --server 2.8.3 < other.jwt
  done
done
