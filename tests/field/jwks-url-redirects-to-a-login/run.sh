issuer
mkdir www/login
echo "<html><form>" > www/login/page
printf '302 Found\r\nLocation: /login/page' > www/set.status
says 1 "/set, which redirects to http://127.0.0.1:[0-9]+/login/page.*HTML page" jwks lint "$SITE/set"
says 4 "HTML page.*without a login" token verify --jwks "$SITE/set" < token.jwt
for status in "401 Unauthorized" "403 Forbidden"; do
  echo "$status" > www/closed.json.status
  says 4 "the answer is ${status%% *}.*without a login" jwks lint "$SITE/closed.json"
done
