printf '%s' 'eyJ0eXAiOiJKV1QiLCJub25jZSI6IjhEMmxxRUFRa0ZPdVZuVngwR25VR1FQdnZZeUoxdjB0RDFsM2NWeGxxZ28iLCJhbGciOiJSUzI1NiIsIng1dCI6Im5PbzNaRHJPRFhFSzFqS1doWHNsSFJfS1hFZyIsImtpZCI6Im5PbzNaRHJPRFhFSzFqS1doWHNsSFJfS1hFZyJ9.eyJhdWQiOiIwMDAwMDAwMy0wMDAwLTAwMDAtYzAwMC0wMDAwMDAwMDAwMDAiLCJpc3MiOiJodHRwczovL3N0cy53aW5kb3dzLm5ldC83MmY5ODhiZi04NmYxLTQxYWYtOTFhYi0yZDdjZDAxMWRiNDcvIiwiaWF0IjoxNzk1MzE2MDAwLCJleHAiOjE5OTUzMTYwMDAsInN1YiI6ImEiLCJ2ZXIiOiIxLjAifQ.BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw' > graph.jwt
openssl genrsa -out rsa.pem 2048 2> /dev/null
openssl pkey -in rsa.pem -pubout -out rsa.pub.pem
"$KEYS" jwks export rsa.pub.pem > set.json
says 1 "Microsoft Graph only.*api://APP-ID" token verify --public-key rsa.pub.pem graph.jwt
says 1 "Microsoft Graph only" token verify --jwks set.json graph.jwt
says 1 "Microsoft Graph only.*your own API" token check --server 2.8.3 --jwks set.json graph.jwt
says_not "publish the key|compare the" token check --server 2.8.3 --jwks set.json graph.jwt
