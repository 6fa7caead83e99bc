# What each case may use. $KEYS is the program; `host` is a copy of the real host's files; $SITE is the URL of
# a web server of the folder `www`, where `FILE.status` has a status and header fields for FILE.

# says STATUS PATTERN COMMAND…: the program ends so, and its output (one line, blanks as one) matches.
says() {
  status=$1 pattern=$2
  shift 2
  code=0
  "$KEYS" "$@" > "$OUT" 2>&1 || code=$?
  if [ "$code" != "$status" ] || ! tr -s '\n ' '  ' < "$OUT" | grep -Eqi -- "$pattern" && ! grep -Eqi -- "$pattern" "$OUT"; then
    echo "spacetime-keys $*: exit $code, wanted $status and /$pattern/:"
    cat "$OUT"
    exit 1
  fi
}

# says_not PATTERN COMMAND…: nothing in the output matches.
says_not() {
  pattern=$1
  shift
  "$KEYS" "$@" > "$OUT" 2>&1 || true
  if tr -s '\n ' '  ' < "$OUT" | grep -Eqi -- "$pattern"; then
    echo "spacetime-keys $*: says /$pattern/:"
    cat "$OUT"
    exit 1
  fi
}

# unchanged says …: and every file is what it was.
unchanged() {
  before=$(find . -type f -exec sha256sum {} + | sort; find . | sort)
  "$@"
  [ "$before" = "$(find . -type f -exec sha256sum {} + | sort; find . | sort)" ] || { echo "$*: changed something"; exit 1; }
}

# Mounts need root, and a system that lets it: exit 77 is "not tried".
needs_mounts() {
  unshare --mount true 2> /dev/null || exit 77
}

in_mounts() {
  unshare --mount sh -ec "$1"
}

# issuer [URL]: www/set.json is the set of the host's key, and token.jwt a token of that issuer ($SITE) by it.
issuer() {
  mkdir -p www/.well-known
  "$KEYS" jwks export host/.generated/spacetimedb-keys/id_ecdsa.pub > www/set.json
  "$KEYS" token mint -q --private-key host/.generated/spacetimedb-keys/id_ecdsa --issuer "${1-$SITE}" \
    --subject u_1 > token.jwt
}

# discovery MEMBERS: the document where servers look for the issuer $SITE.
discovery() {
  mkdir -p www/.well-known
  printf '{%s}' "$1" > www/.well-known/openid-configuration
}

# absent PATTERN FILE: no line matches.
absent() {
  if grep -Eqi -- "$1" "$2"; then
    echo "$2 says /$1/:"
    cat "$2"
    exit 1
  fi
}

base64url() {
  openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# signed HEADER CLAIMS: a token with these two JSON texts, signed by the host's key.
signed() {
  message=$(printf %s "$1" | base64url).$(printf %s "$2" | base64url)
  printf %s "$message" > "$OUT.message"
  numbers=$(openssl dgst -sha256 -sign "${SIGNING_KEY:-host/.generated/spacetimedb-keys/id_ecdsa}" "$OUT.message" \
    | openssl asn1parse -inform DER | sed -n 's/.*INTEGER *://p')
  # Leading zeros stand there again (RFC 7518, section 3.4).
  bytes=$(for number in $numbers; do printf '%64s' "$number"; done | tr ' ' 0 | sed 's/../\\x&/g')
  printf %s.%s "$message" "$(printf %b "$bytes" | base64url)"
}
