cat > set.json <<'END'
{
 "keys": [
  {
   "crv": "Ed25519",
   "x": "o9Nx3FMlQx9UXgfqQMrFxowCdsRKoueoLGF7ZoJ3XMc",
   "kty": "OKP",
   "kid": "e",
   "alg": "EdDSA"
  }
 ]
}
END
cat > t.jwt <<'END'
eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwOi8vbG9jYWxob3N0Ojg3ODciLCJzdWIiOiIzZjFjN2ExZS01YTZhLTRlNTEtOWEzMC0wYThkOGQ5YTRmMTEiLCJhdWQiOiJhdXRoZW50aWNhdGVkIiwiZXhwIjo0MTAyNDQ0ODAwLCJpYXQiOjE3ODk5OTk5OTUsInJvbGUiOiJhdXRoZW50aWNhdGVkIiwiYWFsIjoiYWFsMSIsInNlc3Npb25faWQiOiIzYzUyNjYyYy1iMDI5LTRlODAtOWM4NC0xMzg0ZjRmNWY5YjAiLCJpc19hbm9ueW1vdXMiOmZhbHNlLCJhbXIiOlt7Im1ldGhvZCI6InBhc3N3b3JkIiwidGltZXN0YW1wIjoxNzg5OTk5OTk1fV0sInVzZXJfbWV0YWRhdGEiOnt9LCJlbWFpbCI6InVAZXhhbXBsZS5jb20iLCJwaG9uZSI6IiJ9.5BENy2cRTywePycGpr5zDifsvPZEFTDDPJeT5ExaoZ1nlQsQDDzDdc6BJJV1Rzxzfdv7mi5gfQWlUykA_Ig2Aw
END
says 4 "has no key that verifies a token.*jwks lint" token verify --jwks set.json < t.jwt
says_not "no key was given" token verify --jwks set.json < t.jwt
printf '{"keys":[]}' > empty.json
says_not "no key was given" token verify --jwks empty.json < t.jwt
for key in '{"kty":"oct","k":"AAAA"}' '{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}' '{"kty":"OKP","crv":"X25519","x":"AA"}'; do
  printf '{"keys":[%s]}' "$key" > other.json
  says_not "no key was given" token verify --jwks other.json < t.jwt
done
