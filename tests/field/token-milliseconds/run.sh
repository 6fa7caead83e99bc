keys=host/.generated/spacetimedb-keys
signed '{"alg":"ES256"}' '{"iss":"localhost","sub":"a","aud":[],"iat":1789999995000,"exp":1890000000000}' > t
says 0 "exp +1890000000000 .*milliseconds\? a JWT counts seconds" token decode t
says 0 "accepted" token check --keys-dir $keys t
signed '{"alg":"ES256"}' '{"iss":"localhost","sub":"a","aud":[],"iat":1789999995,"exp":1890000000000}' > t
says 0 "milliseconds" token decode t
signed '{"alg":"ES256"}' '{"iss":"localhost","sub":"a","aud":[],"iat":1789999995,"exp":4102444800}' > t
says_not "milliseconds" token decode t
