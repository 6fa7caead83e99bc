cat > set.json <<'END'
{
 "keys": [
  {
   "kty": "EC",
   "x": "wrSU7T40csl89fzlrZB3mRvcqCdlHv518mzV7Crg3WQyiiVxYgAehi3dy5_OJuEK",
   "y": "5U-FpzSQpq_R25E1uyF4jx49S2KUqdd1WqZ1ObLks_4ogaj-w1vE-7u6FKj_XTZ_",
   "crv": "P-384",
   "kid": "l",
   "use": "sig",
   "alg": "ES384"
  }
 ]
}
END
cat > t.jwt <<'END'
eyJhbGciOiJFUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImwifQ.eyJqdGkiOiJ4Iiwic3ViIjoiNXR4MGgxIiwiaWF0IjoxNzg5OTk5OTk3LCJleHAiOjQxMDI0NDQ4MDAsImNsaWVudF9pZCI6ImMiLCJpc3MiOiJodHRwczovL3QubG9ndG8uYXBwL29pZGMiLCJhdWQiOiJodHRwczovL2FwaS5leGFtcGxlLmNvbSJ9.hKNGwEA31TC_I3kJGNewnnu1V2OFVZcKnQfoJepNWnKsoaiQsoRtIQtIl2fDFMBwqKiFMzWPwJKfx58cOiOOqQOvlLshYpvBJsNCUupyGVB33WIJoqGA_Ms_O5uu4UrU
END
says 1 "algorithm is ES384" token check --jwks set.json --server 2.8.3 < t.jwt
for alg in ES512 ES256K RS384 RS512 PS256 PS384 PS512 EdDSA; do
  header=$(printf '{"alg":"%s"}' "$alg" | base64 -w0 | tr -d = | tr +/ -_)
  printf "%s.%s" "$header" "$(cut -d. -f2- t.jwt)" > other.jwt
  says 1 "algorithm is $alg;" token check --jwks set.json --server 2.8.3 < other.jwt
done
# A name that nobody registered is not repeated.
header=$(printf '{"alg":"secret-alg"}' | base64 -w0 | tr -d = | tr +/ -_)
printf "%s.%s" "$header" "$(cut -d. -f2- t.jwt)" > other.jwt
says_not "secret-alg" token check --jwks set.json --server 2.8.3 < other.jwt
