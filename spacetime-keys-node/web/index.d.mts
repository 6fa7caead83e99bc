// The package on WebAssembly: the same names and types, without what needs files. See index.d.ts.

import type { KeysError, RetiredKeys, WebRequest, WebResponse } from "../index.mjs";

export {
  type Algorithm,
  type Checked,
  type Claims,
  type DecodedToken,
  Exchange,
  type ExchangedToken,
  type ExchangeKeys,
  type ExchangeOptions,
  type ImportedJwk,
  type IssuerAnswer,
  type IssuerGrant,
  type IssuerKey,
  type IssuerOptions,
  type JwkSet,
  type JwksReport,
  type KeyPair,
  KeysError,
  type KeySetVerifierOptions,
  type MintedToken,
  type MintOptions,
  RemoteVerifier,
  type RemoteVerifierOptions,
  type Resigned,
  type ResignOptions,
  type RetiredKeys,
  type ServerVerdict,
  Signer,
  type SignOptions,
  type VerificationKeys,
  type VerifiedToken,
  Verifier,
  type VerifierOptions,
  type VerifyOptions,
  type VerifyResult,
  type WebFetch,
  type WebHandler,
  type WebRequest,
  type WebResponse,
  checkKeyPair,
  checkToken,
  createIssuer,
  decodeToken,
  deriveIdentities,
  deriveIdentitiesAsync,
  deriveIdentity,
  exchangeToken,
  exportJwk,
  fingerprint,
  generateKeyPair,
  importJwk,
  jwks,
  lintJwks,
  mintToken,
  normalizePem,
  openidConfiguration,
  resignToken,
  thumbprint,
  verifyToken,
  version,
} from "../index.mjs";

/** What an exchange without files works with. */
export interface ExchangeHandlerOptions {
  /** The SpacetimeDB server's URL, `http:` or `https:`, as this host reaches it. */
  server: string;
  /** The server's present private key, P-256, PEM. */
  privateKey: string;
  /** The keys that it had before: the text of `retired-keys.json`, or what is in it. */
  retiredKeys: RetiredKeys;
  /** Is told what goes wrong. Without it, that is printed. */
  onError?: (error: KeysError) => void;
  /** The clock: the present moment in Unix seconds. Without it, the host's. */
  now?: () => number;
}

/** An exchange in front of a server: the native package's, with keys in the place of a folder. */
export function createExchange(
  options: ExchangeHandlerOptions,
): (request: WebRequest) => Promise<WebResponse>;
