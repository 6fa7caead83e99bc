cat > log <<'END'
2026-04-13T13:43:47Z  WARN crates/core/src/auth/token_validation.rs:216: Error fetching public key for issuer https://abc.example/auth/v1: FetchError
Error: Pre-publish check failed with status 401 Unauthorized: Error fetching public key for issuer https://abc.example/auth/v1
END
says 1 "issuer" doctor --logs log
says_not "says nothing of a publish|abc.example" doctor --logs log
# The 404 of a project's address, in a line of the server; a key that the set lacks.
cat > log <<'END'
2025-04-13T13:43:47.767179Z  WARN crates/core/src/auth/token_validation.rs:216: Error fetching public key for issuer https://abc.example/auth/v1: FetchError(reqwest::Error { kind: Decode, source: Error("invalid type: integer `404`, expected struct OIDCConfig", line: 1, column: 3) })
END
says 1 "keys of the token's issuer" doctor --logs log
says_not "abc.example" doctor --logs log
printf 'Error: Pre-publish check failed with status 401 Unauthorized: Invalid token: Specified key ID not found in JWKs\n' > log
says 1 "no key of the token's issuer" doctor --logs log
