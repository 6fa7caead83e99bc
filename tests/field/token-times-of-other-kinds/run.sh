keys=host/.generated/spacetimedb-keys
for times in '"iat":1,"exp":"4102444800"' '"iat":1,"exp":4102444800.5' '"iat":1,"exp":"2099-01-01T00:00:00Z"'; do
  signed '{"alg":"ES256","typ":"JWT"}' "{\"iss\":\"localhost\",\"sub\":\"a\",\"aud\":[],$times}" > t
  says 0 "exp +not whole seconds" token decode t
  for version in 1.2 2.8.3 2.14; do
    says 1 ".exp. claim has a form that no SpacetimeDB server accepts" token check --keys-dir $keys --server $version t
  done
done
signed '{"alg":"ES256","typ":"JWT"}' '{"iss":"localhost","sub":"a","aud":[],"iat":"1"}' > t
says 0 "iat +not whole seconds" token decode t
says 1 ".iat. claim" token check --keys-dir $keys t
signed '{"alg":"ES256","typ":"JWT"}' '{"iss":"localhost","sub":"a","aud":[],"iat":1,"exp":null}' > t
says_not "not whole seconds" token decode t
says 0 "accepted" token check --keys-dir $keys t
