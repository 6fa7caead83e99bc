cat > eddsa.json <<'END'
{"keys":[{"alg":"EdDSA","crv":"Ed25519","x":"KJ6GVATaP8PfNs6IiepI0-j7Fe-EdgznoHuRbwo70E0","kty":"OKP","kid":"a"}]}
END
cat > es384.json <<'END'
{"keys":[{"kty":"EC","crv":"P-384","x":"wrSU7T40csl89fzlrZB3mRvcqCdlHv518mzV7Crg3WQyiiVxYgAehi3dy5_OJuEK","y":"5U-FpzSQpq_R25E1uyF4jx49S2KUqdd1WqZ1ObLks_4ogaj-w1vE-7u6FKj_XTZ_","kid":"b"}]}
END
for set in eddsa es384; do
  says 1 "no key of the set verifies a token.*ES256.*not ok" jwks lint $set.json
  says 1 ERR_JWKS_NO_KEY_VERIFIES jwks lint --json $set.json
done
echo '{"keys":[]}' > empty.json
says 1 "no key: no token passes.*not ok" jwks lint empty.json
# Beside a key that verifies, they do no harm.
issuer
sed 's/"keys": \[/"keys": [{"crv":"Ed25519","x":"KJ6GVATaP8PfNs6IiepI0-j7Fe-EdgznoHuRbwo70E0","kty":"OKP","kid":"a"},/' \
  www/set.json > both.json
says 0 "warning: keys.0.: servers read this key.*ok" jwks lint both.json
