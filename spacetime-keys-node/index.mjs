// The same objects for `import`, each from the file that has it: a bundler leaves out what nobody imports.
export { createExchange } from "./lib/create-exchange.js";
export { createIssuer } from "./lib/create-issuer.js";
export { diagnose } from "./lib/doctor.js";
export {
  mendAndRotate,
  resignCliTomlFile,
  restoreToken,
  resume,
  rollback,
  rotate,
  sync,
  verifyFleet,
} from "./lib/engine.js";
export { KeysError } from "./lib/errors.js";
export { Exchange, exchangeToken } from "./lib/exchange.js";
export { auditFleet, planRotation } from "./lib/fleet.js";
export { deriveIdentities, deriveIdentitiesAsync, deriveIdentity } from "./lib/identities.js";
export {
  checkKeyPair,
  exportJwk,
  fingerprint,
  generateKeyPair,
  importJwk,
  normalizePem,
  thumbprint,
} from "./lib/keys.js";
export { lockHost } from "./lib/lock.js";
export { toNodeHandler } from "./lib/node-handler.js";
export { RemoteVerifier } from "./lib/remote-verifier.js";
export { jwks, lintJwks, openidConfiguration } from "./lib/sets.js";
export { Signer } from "./lib/signer.js";
export { mintToken, resignCliToml, resignToken } from "./lib/signing.js";
export { checkToken, decodeToken } from "./lib/tokens.js";
export { Verifier, verifyToken } from "./lib/verifier.js";
export { version } from "./lib/version.js";
