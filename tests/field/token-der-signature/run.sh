cat > set.json <<'END'
{"keys":[{"kty":"EC","x":"PTSR7CF-GUhoap5_OTPfAb6gK0SS9tKo2-fSkDgd5cU","y":"scs2NLq-XJUlGeIwtHZZubBsLB2e7tytPHNucKH_wgo","crv":"P-256","kid":"kms1","alg":"ES256","use":"sig"}]}
END
cat > t.jwt <<'END'
eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImttczEifQ.eyJpc3MiOiJodHRwczovL2FwcC5leGFtcGxlLmNvbSIsInN1YiI6InVfMSIsImF1ZCI6InNwYWNldGltZWRiIiwiaWF0IjoxNzg5OTk5OTk1LCJleHAiOjQxMDI0NDQ4MDB9.MEQCIAhYSY2DX04b8jDsHkLCvLrGZ5v_OPw2z32kc-0mh_HLAiBWMtDMQ_FBGl-VtaPCVKRd3bOML_EYvOJ7l5uBSeeFnA
END
says 1 "in DER form.*r and s" token check --jwks set.json --server 2.8.3 < t.jwt
says 1 "in DER form" token verify --jwks set.json < t.jwt
says_not "compare" token check --jwks set.json --server 2.14 < t.jwt
# Of the host's own key, as `openssl dgst` gives it: numbers of other lengths each time.
keys=host/.generated/spacetimedb-keys
message=$(printf '{"alg":"ES256"}' | base64url).$(printf '{"iss":"localhost","sub":"a","aud":[],"iat":1}' | base64url)
for _ in 1 2 3 4; do
  printf %s.%s "$message" "$(printf %s "$message" | openssl dgst -sha256 -sign $keys/id_ecdsa | base64url)" > own.jwt
  says 1 "in DER form" token check --keys-dir $keys < own.jwt
  says 1 "in DER form" token verify --public-key $keys/id_ecdsa.pub < own.jwt
done
