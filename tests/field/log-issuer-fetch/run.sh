cat > log <<'END'
2026-04-13T13:43:47Z  WARN crates/core/src/auth/token_validation.rs:216: Error fetching public key for issuer https://abc.example/auth/v1: FetchError
Error: Pre-publish check failed with status 401 Unauthorized: Error fetching public key for issuer https://abc.example/auth/v1
END
says 1 "issuer" doctor --logs log
says_not "says nothing of a publish|abc.example" doctor --logs log
