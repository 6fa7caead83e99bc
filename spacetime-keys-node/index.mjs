// The same objects for `import`.
import api from "./index.js";

export const {
  Signer,
  Verifier,
  auditFleet,
  checkKeyPair,
  checkToken,
  decodeToken,
  deriveIdentities,
  deriveIdentitiesAsync,
  deriveIdentity,
  diagnose,
  fingerprint,
  generateKeyPair,
  jwks,
  lintJwks,
  lockHost,
  mintToken,
  normalizePem,
  openidConfiguration,
  planRotation,
  resignCliToml,
  resignToken,
  thumbprint,
  verifyToken,
  version,
} = api;
