printf 'PuTTY-User-Key-File-3: ecdsa-sha2-nistp256\nEncryption: none\nComment: k\nPublic-Lines: 3\n' > k.ppk
says 4 "PuTTY.*puttygen FILE -O private-openssh -o NEW" key normalize k.ppk
printf 'PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: aes256-cbc\r\n' > old.ppk
says 4 "PuTTY" key fingerprint old.ppk
ssh-keygen -q -t ecdsa -b 256 -N '' -f k
ssh-keygen -e -m RFC4716 -f k.pub > FILE
says 4 "RFC 4716.*ssh-keygen -i" key fingerprint FILE
# As it is told.
ssh-keygen -i -f FILE > NEW.pub
ssh-keygen -e -m PKCS8 -f NEW.pub > public.pem
ssh-keygen -p -q -m PKCS8 -N '' -f k > /dev/null
"$KEYS" key check k public.pem > /dev/null
