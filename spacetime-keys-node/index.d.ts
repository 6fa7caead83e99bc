/**
 * `spacetime-keys`: the keys, tokens and identities of a self-hosted SpacetimeDB, in-process.
 *
 * Everything here is computed from its arguments: no files, no network, no environment. The clock
 * is read where a function takes `now` and none is given. Exceptions are the functions of the engine,
 * which work on files, and {@link createExchange}, which reads files and asks a server.
 *
 * **Errors.** An argument of a wrong type is a `TypeError` that does not repeat it, and so is an
 * option that does not exist. Everything else that is wrong is a {@link KeysError}. Functions that
 * are named `check…`, `lint…` or `audit…` answer a question, and a "no" is an answer;
 * {@link verifyToken}, {@link Verifier} and {@link exchangeToken} throw, so that a token that was not
 * verified can never be taken for one that was.
 *
 * **Text.** Keys are PEM texts, tokens are compact JWS (RFC 7515, section 3.1), identities and
 * fingerprints are 64 lowercase hex digits, times are Unix seconds. A string with a lone surrogate
 * is refused: it has no form in UTF-8.
 *
 * @packageDocumentation
 */

/**
 * An error, by the same names as in the library and the program. Thrown by this package only: there is
 * nothing to make one with.
 */
export class KeysError extends Error {
  /** Not for callers. */
  private constructor();
  /** A stable name, `ERR_…`. */
  readonly code: string;
  /** The next step, in words. */
  readonly hint: string;
  /** In bulk calls: the place of the item that is meant, from 0 on. */
  readonly index?: number;
  /** The environment that is meant, where it is one. */
  readonly environment?: string;
  /** The kind of the next step, such as `resume` or `token-restore`, where there is one. */
  readonly step?: string;
  /** From the engine: whether something was begun that {@link resume} finishes. */
  readonly resumable?: boolean;
}

/** `ES256`: ECDSA on P-256 with SHA-256. `RS256`: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518). */
export type Algorithm = "ES256" | "RS256";

/** Claims (RFC 7519, section 4): whatever has a JSON form. */
export type Claims = Record<string, unknown>;

/** A JWK set (RFC 7517, section 5). */
export interface JwkSet {
  /** The keys, each a JWK (RFC 7517, section 4). */
  keys: Record<string, unknown>[];
}

// ---- Keys ------------------------------------------------------------------------------------

/** A key pair in canonical PEM. */
export interface KeyPair {
  /** PKCS#8, with the public key inside. A secret. */
  privateKey: string;
  /** SPKI. */
  publicKey: string;
  /** The public key's fingerprint; see {@link fingerprint}. */
  fingerprint: string;
  /** The JWK thumbprint (RFC 7638). */
  kid: string;
}

/**
 * A key's canonical PEM: LF line ends, base64 in lines of 64, one newline at the end; P-256 keys as
 * OpenSSL 3 writes them (PKCS#8 with the public key inside, SPKI uncompressed).
 *
 * Repairs what vaults, portals, YAML and environment variables do to a PEM: CRLF, a byte order mark,
 * literal `\n`, everything on one line, quotes around it, text before it. Reads base64 of it, a body
 * without `BEGIN` and `END`, a JSON Web Key, a JSON document with one key, a key with certificates or
 * under a wrong label, too. Doing it twice changes nothing more.
 *
 * @param pem A P-256 key, private or public.
 * @throws {@link KeysError} `ERR_PEM_…`, `ERR_KEY_…`, for what cannot be repaired: two keys, a
 * truncated one, an encrypted one, another curve.
 */
export function normalizePem(pem: string): string;

/**
 * Makes a key pair, and tests it.
 *
 * @param options `algorithm`: `ES256` (the default), what a SpacetimeDB server runs on; or `RS256`
 * (2048 bits, takes a noticeable while), to play an external issuer with.
 * @throws {@link KeysError} `ERR_RANDOM`, `ERR_SELF_TEST`.
 */
export function generateKeyPair(options?: { algorithm?: Algorithm }): KeyPair;

/**
 * Whether a private and a public key belong together. Compares points (RSA: numbers), not texts.
 *
 * @returns `match`, and the fingerprint of each.
 * @throws {@link KeysError} if one is no key, or if the two are swapped.
 */
export function checkKeyPair(
  privateKey: string,
  publicKey: string,
): { match: boolean; privateFingerprint: string; publicFingerprint: string };

/**
 * SHA-256 of the public key's DER SubjectPublicKeyInfo: what
 * `openssl pkey -pubin -outform DER | openssl dgst -sha256` prints.
 *
 * @param key A private or a public key; both halves of a pair give the same.
 * @returns 64 lowercase hex digits.
 * @throws {@link KeysError} `ERR_PEM_…`, `ERR_KEY_…`.
 */
export function fingerprint(key: string): string;

/**
 * The JWK thumbprint (RFC 7638) of a key, the `kid` of everything made here.
 *
 * @param key A private or a public key.
 * @returns 43 characters of base64url.
 * @throws {@link KeysError} `ERR_PEM_…`, `ERR_KEY_…`.
 */
export function thumbprint(key: string): string;

/** A key that was a JWK. */
export interface ImportedJwk {
  /** The algorithm that the key is for. */
  algorithm: Algorithm;
  /** SPKI, PEM. */
  publicKey: string;
  /** PKCS#8, PEM; `null` of a public JWK. */
  privateKey: string | null;
  /** Its thumbprint (RFC 7638), whatever `kid` the JWK has. */
  kid: string;
  /** Its fingerprint. */
  fingerprint: string;
}

/**
 * Reads a JWK (RFC 7517, section 4), public or private: P-256 (`EC`) or `RSA`.
 *
 * @param jwk JSON text or object. Of a set, one of its `keys`.
 * @throws {@link KeysError} `ERR_JWK_…`, `ERR_KEY_…`, `ERR_PEM_…`.
 */
export function importJwk(jwk: string | Record<string, unknown>): ImportedJwk;

/**
 * A key as a JWK: its public half with `kid` (the thumbprint), `use` and `alg`.
 *
 * @param key A private or a public key, PEM.
 * @param options `private: true`: with the secret member `d`, of a P-256 private key. Nobody gets that by
 * mistake: without it, the JWK of a private key is a public one.
 * @throws {@link KeysError} `ERR_PEM_…`, `ERR_KEY_…`.
 */
export function exportJwk(key: string, options?: { private?: boolean }): Record<string, string>;

// ---- Identities ------------------------------------------------------------------------------

/**
 * The SpacetimeDB identity of a token's `iss` and `sub`: what owns databases, and what a reducer
 * sees as the sender. Any well-formed strings are taken, whether or not a server would accept them.
 *
 * @returns 64 lowercase hex digits, beginning with `c200`.
 */
export function deriveIdentity(issuer: string, subject: string): string;

/** As {@link deriveIdentity}, for many subjects of one issuer, in their order, on all processors. */
export function deriveIdentities(issuer: string, subjects: readonly string[]): string[];

/** As {@link deriveIdentities}, off the main thread. */
export function deriveIdentitiesAsync(
  issuer: string,
  subjects: readonly string[],
): Promise<string[]>;

// ---- Tokens ----------------------------------------------------------------------------------

/** What a token says. Nothing of it was verified: anybody can write such a token. */
export interface DecodedToken {
  /** `jwt`: signed. `jwe`: encrypted. `opaque`: a random string that only its issuer understands. */
  kind: "jwt" | "jwe" | "opaque";
  /** Always `false`: nothing is verified here. */
  verified: false;
  /** The JOSE header; `null` if it is no JWT. */
  header: Record<string, unknown> | null;
  /** The claims, by `JSON.parse`: big integers lose digits there, not in `payload`. */
  claims: Claims | null;
  /** The claims' exact text. */
  payload: string | null;
  /** The identity of `iss` and `sub`, if both are strings. */
  identity: string | null;
  /** The reason why it cannot be read or used, if there is one. */
  reason: string | null;
  /** The next step then. */
  hint: string | null;
}

/**
 * Takes a token apart.
 *
 * @throws {@link KeysError} `ERR_TOKEN_MALFORMED`, `ERR_TOKEN_DUPLICATE`, `ERR_TOKEN_TOO_LARGE`.
 */
export function decodeToken(token: string): DecodedToken;

/** The conditions that a token must meet. */
export interface VerifyOptions {
  /** The `iss` that it must have. `null`, or absent: none is compared, and `checked` lacks it. */
  issuer?: string | null;
  /** An `aud` that it must name. `null`, or absent: none is compared, and `checked` lacks it. */
  audience?: string | null;
  /** The algorithm that it must have. Without one, ES256 and RS256 are taken, nothing else ever. */
  algorithm?: Algorithm;
  /** Seconds that a token is taken before its `nbf` and after its `exp`: 60 by default. */
  leeway?: number;
  /** The present moment, in Unix seconds. Without it the clock is read. */
  now?: number;
}

/** A condition that a token was checked for: `times` are `exp` and `nbf`. */
export type Checked = "signature" | "times" | "algorithm" | "issuer" | "audience";

/** A token that was verified. */
export interface VerifiedToken {
  /** The claims, by `JSON.parse`. */
  claims: Claims;
  /** The identity of `iss` and `sub`, if both are strings. */
  identity: string | null;
  /** The algorithm of its signature. */
  algorithm: Algorithm;
  /** The thumbprint of the key that signed it. */
  kid: string;
  /** `iat`. */
  issuedAt: number | null;
  /** `exp`. `null`: it never expires. */
  expiresAt: number | null;
  /**
   * The conditions that were checked: always `signature` and `times`, the others where options name them.
   * Without `audience`, a token that its issuer made for another app passes, too.
   */
  checked: Checked[];
}

/** One key, or an issuer's set. */
export type VerificationKeys =
  | { /** PEM. A token's `kid` is not asked for. */ publicKey: string; jwks?: undefined }
  | {
      /** JSON text or object. A token's `kid` chooses the key. */
      jwks: string | JwkSet;
      publicKey?: undefined;
    };

/**
 * Verifies a token: signature, `exp`, `nbf`, and what the options name (RFC 7519, section 7.2).
 * Stricter than servers are: no critical header members, no member twice, no JSON that readers
 * disagree on. To verify many with one key, keep a {@link Verifier}.
 *
 * @throws {@link KeysError} `ERR_TOKEN_…`, which says why it does not hold; `ERR_JWKS_…`, `ERR_PEM_…`.
 */
export function verifyToken(
  token: string,
  options: VerificationKeys & VerifyOptions,
): VerifiedToken;

/** A server's answer to a token. */
export interface ServerVerdict {
  /** Whether the server takes it. */
  accepted: boolean;
  /** The rules that were asked: `1.2` (servers 1.0 to 1.8), `2.8` (1.9 to 2.11) or `2.14`. */
  server: string;
  /** The token's identity, if it is accepted. */
  identity: string | null;
  /** The HTTP status of a request that needs no more than a valid token. */
  status: number;
  /** The reason of a refusal, in the words of a server of that version: a part of its own message. */
  reason: string | null;
  /** The flaw in its form, where those words do not tell: an `ERR_…` … */
  code: string | null;
  /** … and as a text. */
  detail: string | null;
  /** The next step. */
  remedy: string | null;
  /** The same by a stable name. */
  remedyCode: string | null;
  /**
   * The condition of a token that an issuer's key signed: servers must find this set,
   * by `ISS/.well-known/openid-configuration`. `null`: nothing is left open.
   */
  condition: string | null;
}

/**
 * The answer of a SpacetimeDB server of a version to a token: the accepted identity, or the refusal with
 * its reason and the next step. `accepted` is the answer, not a verification to rely on: {@link verifyToken} is.
 *
 * @param options `publicKey`: the server's own key (`id_ecdsa.pub`). `jwks`: what the token's issuer
 * publishes. `server`: a version, such as `1.2.0` (the newest rules by default).
 * @throws {@link KeysError} `ERR_SERVER_VERSION`, `ERR_PEM_…`. A set that servers cannot read is no
 * error: the verdict says so.
 */
export function checkToken(
  token: string,
  options: { publicKey?: string; jwks?: string | JwkSet; server?: string; now?: number },
): ServerVerdict;

/** The content of a token to mint. */
export interface MintOptions {
  /** `iss`, 1 to 128 bytes: the URL that the app publishes its keys under. */
  issuer: string;
  /** `sub`, 1 to 128 bytes: an id that never changes; no e-mail address. */
  subject: string;
  /** `aud`: `["spacetimedb"]` by default. */
  audience?: string | readonly string[];
  /** Seconds until `exp`: 900 by default, 86,400 at most. */
  ttl?: number;
  /**
   * `app` (the default): a user. `robot`: `sub` is `robot:` and an id. `delegated`: `claims.act`
   * names who acts (RFC 8693, section 4.1). `owner`: a publisher, whose issuer is `localhost`;
   * with the URL of an OIDC issuer, the server's key signs in that issuer's place (not for `prod`).
   */
  purpose?: "app" | "robot" | "delegated" | "owner";
  /** `prod` refuses an issuer that is this machine, or plain http. `dev` by default. */
  target?: "prod" | "test" | "dev" | "local";
  /** Further claims: `azp`, `token_type`, `sid`, `tenant_id`, `actor_ref`, `scope`, `act` … */
  claims?: Claims;
  /** The present moment, in Unix seconds: `iat`. */
  now?: number;
}

/** A minted token. */
export interface MintedToken {
  /** A secret. */
  token: string;
  /** The token's identity. */
  identity: string;
  /** The thumbprint of the key that signed it, in its header, too. */
  kid: string;
  /** The algorithm of its signature. */
  algorithm: Algorithm;
  /** `iat`, in Unix seconds. */
  issuedAt: number;
  /** `exp`, in Unix seconds. */
  expiresAt: number;
}

/**
 * Mints a token by the claim contract of apps that issue their own tokens: `iss`, `sub`, `aud`,
 * `iat`, `exp`, then the further claims; `kid` in the header.
 *
 * @param options `privateKey`: P-256 or RSA, PEM. To mint many, keep a {@link Signer}.
 * @throws {@link KeysError} `ERR_MINT_…`, `ERR_CLAIM_INVALID`, `ERR_PEM_…`, `ERR_KEY_…`.
 */
export function mintToken(options: { privateKey: string } & MintOptions): MintedToken;

/** The permissions of re-signing, and its checks. */
export interface ResignOptions {
  /** Public keys that may have signed the old token. The new one is always among them. */
  previousPublicKey?: string | readonly string[];
  /** The identity that the token must have. Naming it stands for a verified signature. */
  expectIdentity?: string;
  /** Re-sign claims that no known key has signed. */
  allowUnverified?: boolean;
  /** Re-sign a token whose issuer is not `localhost`. */
  allowExternalIssuer?: boolean;
  /** `exp`: `clear` (the default: it never expires), `keep`, or so many seconds from now. */
  expiry?: "clear" | "keep" | number;
  /** The new `iat`, in Unix seconds. */
  now?: number;
}

/** The result of re-signing a token. */
export interface Resigned {
  /** The same as before. */
  identity: string;
  /** `iss`. */
  issuer: string;
  /** `sub`. */
  subject: string;
  /** The fingerprint of the key that the old signature verified with; `null`: none known. */
  verifiedWith: string | null;
  /** The fingerprint of the key that it is signed with now. */
  signedBy: string;
  /** Whether a token that would have expired became one that never does. */
  expiryCleared: boolean;
  /** The old token's times. */
  before: { iat: number | null; exp: number | null };
  /** The new token's. */
  after: { iat: number | null; exp: number | null };
}

/**
 * Re-signs the same claims: `iss`, `sub`, `aud`, `hex_identity` and all others keep their order
 * and every digit; `iat` becomes now. The identity stays.
 *
 * @param options `privateKey`: the P-256 key that the server has now.
 * @throws {@link KeysError} `ERR_TOKEN_UNVERIFIED`, `ERR_TOKEN_EXTERNAL_ISSUER`,
 * `ERR_TOKEN_UNEXPECTED_IDENTITY` (the hint says what lifts each), and for claims that no server
 * would take.
 */
export function resignToken(
  token: string,
  options: { privateKey: string } & ResignOptions,
): Resigned & { /** A secret. */ token: string };

/**
 * Re-signs the publisher token in the text of a `cli.toml`, as {@link resignToken} does. Entries
 * `ecdsa_public_key` that hold one of `previousPublicKey` follow; every other byte stays.
 *
 * @param text The file's text.
 * @returns `text`: the new one, to be written in its place with the same mode. A secret.
 * @throws {@link KeysError} `ERR_TOML_…` and those of {@link resignToken}.
 */
export function resignCliToml(
  text: string,
  options: { privateKey: string } & ResignOptions,
): Resigned & { text: string };

// ---- The exchange ----------------------------------------------------------------------------

/**
 * The list of retired keys, `retired-keys.json` beside the mounted keys: its JSON text, or the object.
 * No secret. Times are Unix seconds; `publishers` are identities.
 */
export type RetiredKeys =
  | string
  | {
      version: number;
      keys: readonly {
        /** PEM. */
        public_key: string;
        /** Its fingerprint; see {@link fingerprint}. */
        fingerprint: string;
        /** When another key took its place. */
        retired_at: number;
        /** Until when its tokens are exchanged. */
        honored_until: number;
        /** Whether it has leaked: nothing that it signed is exchanged. */
        revoked: boolean;
      }[];
      publishers: readonly string[];
    };

/** The keys and lists of an exchange. */
export interface ExchangeKeys {
  /** The server's present private key, P-256, PEM. */
  privateKey: string;
  /** The keys that it had before. An empty list is given as `{ version: 1, keys: [], publishers: [] }`. */
  retiredKeys: RetiredKeys;
}

/** The settings of an exchange. */
export interface ExchangeOptions {
  /** Seconds after which the new token expires, if not before. Without it `exp` stays as it was. */
  lifetime?: number;
  /** The present moment, in Unix seconds. Without it the clock is read. */
  now?: number;
}

/** A token that a server with the present key takes. */
export type ExchangedToken =
  | {
      /** A retired key had signed the token, and the present key has signed the same claims. */
      outcome: "exchanged";
      /** The new token. A secret. */
      token: string;
      /** The token's identity: the same as before. */
      identity: string;
      /** When the new token expires, in Unix seconds. `null`: it never does. */
      expiresAt: number | null;
      /** The fingerprint of the retired key. */
      retiredKey: string;
    }
  | {
      /** The present key has signed it. */
      outcome: "notNeeded";
      /** The token that was given, without blanks around it. */
      token: string;
      /** The token's identity. */
      identity: string;
      /** When it expires, in Unix seconds. `null`: it never does. */
      expiresAt: number | null;
    };

/**
 * Exchanges a token that the server has issued before its keys were rotated: verifies it with a retired
 * key, and signs the same claims with the present one. The identity stays. Claims keep their order and
 * every digit, but for `iat`, which becomes now, and `exp`, which is no later than it was.
 *
 * Sign so only while the server has this private key: before its restart the old tokens are still good,
 * and the new ones are not. {@link createExchange} looks after that.
 *
 * To exchange many, keep an {@link Exchange}.
 *
 * @param token A compact JWS: the text after `Bearer `.
 * @throws {@link KeysError} if it is not exchanged. `ERR_KEY_NOT_RETIRED`, `ERR_KEY_REVOKED`,
 * `ERR_KEY_NOT_HONORED`: of the key that signed it. `ERR_TOKEN_ISSUED_LATER`, `ERR_TOKEN_EXPIRED`,
 * `ERR_TOKEN_OF_PUBLISHER`, `ERR_TOKEN_DELEGATED`, `ERR_TOKEN_EXTERNAL_ISSUER`, `ERR_TOKEN_ALGORITHM`,
 * and others `ERR_TOKEN_…` and `ERR_CLAIM_…`: what no server would take under any key.
 * `ERR_RETIRED_KEYS_DAMAGED`, `ERR_PEM_…`, `ERR_KEY_…`: of what it works with.
 */
export function exchangeToken(
  token: string,
  options: ExchangeKeys & ExchangeOptions,
): ExchangedToken;

/** Exchanges tokens with keys that are parsed once. They are not shown by `console.log`. */
export class Exchange {
  /**
   * @throws {@link KeysError} `ERR_PEM_…`, `ERR_KEY_…`, `ERR_RETIRED_KEYS_DAMAGED`; `ERR_KEY_REVOKED`
   * if the present key is revoked.
   */
  constructor(keys: ExchangeKeys);
  /** As {@link exchangeToken}. */
  exchange(token: string, options?: ExchangeOptions): ExchangedToken;
}

// ---- Handlers --------------------------------------------------------------------------------

/** The platform's `Request`, where its type is declared: by Node's types, bun's, or the DOM's. */
export type WebRequest = typeof globalThis extends { Request: { prototype: infer Type } }
  ? Type
  : object;

/** The platform's `Response`, where its type is declared. */
export type WebResponse = typeof globalThis extends { Response: { prototype: infer Type } }
  ? Type
  : object;

/** The platform's `fetch`, where its type is declared. */
export type WebFetch = typeof globalThis extends { fetch: infer Type }
  ? Type
  : (url: string, init: object) => Promise<WebResponse>;

/** Answers requests: what `Bun.serve` takes as `fetch`, and Hono and h3 as a handler of `Request`s. */
export type WebHandler = (request: WebRequest) => WebResponse | Promise<WebResponse>;

/** The settings of an exchange that listens. */
export interface ExchangeHandlerOptions {
  /** The SpacetimeDB server's URL, `http:` or `https:`, as this machine reaches it. */
  server: string;
  /**
   * The folder of `id_ecdsa` and `retired-keys.json`: `.generated/spacetimedb-keys` by default. The
   * files are read again when they change.
   */
  mountedKeysDir?: string;
  /**
   * Is told why the files cannot be read, once for each change of them: a {@link KeysError}, which names
   * the file. By default it is printed on standard error.
   */
  onError?: (error: KeysError) => void;
  /** The clock: the present moment in Unix seconds. The system's by default. */
  now?: () => number;
}

/**
 * An exchange in front of a server: a handler of requests, with the answers of the program's
 * `spacetime-keys exchange`.
 *
 * - `/forward-auth`, by any method: for a proxy, which passes on the answer's `Authorization` (Caddy's
 *   `forward_auth`, nginx's `auth_request`, Traefik's `forwardAuth`). It is a new token of five minutes, or
 *   the request's own, as it came. Never a refusal: refusing is the server's business.
 * - `POST /exchange`, with `Authorization: Bearer TOKEN`: for a client that keeps the new token. 200
 *   `{ token, identity, expires_at }`; or `{ error: { code, message, hint } }` with 401 (this token is not
 *   exchanged) or 503 (none is at the moment).
 * - `GET /healthz`: 200 while tokens are exchanged, else 503. `GET /metrics`: counts, in Prometheus's text
 *   format. Neither shows a token, an identity or a claim.
 *
 * It signs only while the mounted key is the one that the server has (`GET /v1/identity/public-key`,
 * asked again for a request when two seconds have gone by, and at once after a change of the files). Before
 * the restart, and while the server does not answer, every token passes as it came. A user who owns a database
 * (`GET /v1/identity/IDENTITY/databases`, remembered for a minute) is never exchanged. The server is sent no
 * token.
 *
 * @returns A handler. It has no timer and no connection of its own that must be closed.
 * @throws `TypeError` for a `server` that is no such URL.
 */
export function createExchange(
  options: ExchangeHandlerOptions,
): (request: WebRequest) => Promise<WebResponse>;

/** `node:http`'s request, or Express's, as far as it is needed. */
export interface NodeRequest {
  /** The method. */
  method?: string | undefined;
  /** The path and the query. */
  url?: string | undefined;
  /** The fields, by name in small letters. */
  headers: Record<string, string | string[] | undefined>;
  /** Names and values as they came. */
  rawHeaders: string[];
}

/** `node:http`'s response, or Express's, as far as it is needed. */
export interface NodeResponse {
  /** The status. */
  statusCode: number;
  /** Whether the head was sent. */
  headersSent: boolean;
}

/** The settings of a handler in Node. */
export interface NodeHandlerOptions {
  /** The largest body, in bytes, that a request may have: 1 MiB by default. More is a 413. */
  bodyLimit?: number;
  /**
   * Is told what a handler has thrown, and why its answer could not be sent. By default the error's code
   * or name is printed on standard error: a message may have anything in it.
   */
  onError?: (error: unknown) => void;
}

/**
 * A handler of `Request`s as one of `node:http`, of Express, and of h3 1.x (`fromNodeMiddleware`). The body is read before the handler is
 * called; put it before what parses bodies. Under a path of Express (`app.use("/path", …)`), the handler
 * sees the rest of the path. `request.signal` aborts when the client goes away. The answer is sent as it
 * comes, so that a stream of events is one; each `Set-Cookie` is a field of its own. What it returns is fulfilled when
 * the request is answered, or nobody is left to answer: h3 1.x waits for that.
 *
 * What a handler throws is a 500 without text, and told to `onError`. A body over the limit is a 413, a
 * `Host` that is none a 400, a method that no `Request` can have a 501.
 *
 * @throws `TypeError` for what is no function, and for options that do not exist.
 */
export function toNodeHandler(
  handler: WebHandler,
  options?: NodeHandlerOptions,
): (request: NodeRequest, response: NodeResponse) => Promise<void>;

// ---- JWK sets --------------------------------------------------------------------------------

/**
 * The JWK set (RFC 7517, section 5) of public keys, in the form that every SpacetimeDB server reads:
 * `kty`, `crv`, `x`, `y` (RSA: `n`, `e`), `use`, `alg`, `kid`.
 *
 * @param publicKeys PEM, one or more. Private keys are refused.
 * @throws {@link KeysError} `ERR_JWKS_NO_KEYS`, `ERR_JWKS_SAME_KEY_TWICE`, `ERR_KEY_IS_PRIVATE`.
 */
export function jwks(publicKeys: string | readonly string[]): JwkSet;

/**
 * The discovery document that goes with it, at `ISSUER/.well-known/openid-configuration`
 * (OpenID Connect Discovery 1.0, section 3).
 *
 * @throws {@link KeysError} `ERR_ISSUER_URL`.
 */
export function openidConfiguration(
  issuer: string,
  publicKeys: string | readonly string[],
): Record<string, unknown> & { issuer: string; jwks_uri: string };

/** The judgement of a JWK set, as servers make it. */
export interface JwksReport {
  /** Whether every server takes all of it. Warnings do not change that. */
  ok: boolean;
  /** The number of keys in it. */
  entries: number;
  /** Which servers accept the set at all, by their rules: `1.2`, `2.8`, `2.14`. */
  takenBy: Record<string, boolean>;
  /** The problems, those of the whole set last. */
  problems: {
    code: string;
    severity: "error" | "warning";
    /** The place in `keys`, from 0 on; `null` if it is about the set. */
    entry: number | null;
    message: string;
    hint: string;
  }[];
}

/** Looks at a JWK set (JSON text or object) as servers of every version would. */
export function lintJwks(jwks: string | JwkSet): JwksReport;

// ---- Fleets ----------------------------------------------------------------------------------

/** The contents of one environment's vault. */
export interface VaultContents {
  /** `prod`, `test`, `dev`, `local`, or whatever they are called. */
  environment: string;
  /** The vault's own name. */
  vault: string;
  /** The latest private key, as it was read. `null` or absent: there is none. */
  privateKey?: string | null;
  /** The latest public key. */
  publicKey?: string | null;
  /** When the private key was stored, in Unix seconds. */
  created?: number | null;
  /** The store's name for the latest private key's version; `latest` by default. */
  version?: string;
  /** Earlier versions of the private key: their values, or only their fingerprints. */
  earlier?: readonly {
    version: string;
    privateKey?: string;
    fingerprint?: string;
    created?: number | null;
  }[];
  /** The JSON text of the publishers in escrow. */
  escrow?: string | null;
  /** The vault could not be read. */
  unavailable?: boolean;
}

/** The files of this host. */
export interface HostContents {
  /** `id_ecdsa`, as it was read. */
  privateKey?: string | null;
  /** `id_ecdsa.pub`. */
  publicKey?: string | null;
  /** Whether others than the owner may write `id_ecdsa`, or others than owner and group read it. */
  worldAccessible?: boolean;
  /** The text of `cli.toml`. */
  cliToml?: string | null;
}

/** Everything that an audit or a plan is made from. */
export interface FleetContents {
  /** One an environment. */
  vaults: readonly VaultContents[];
  /** Absent: nothing is mounted here. */
  host?: HostContents;
  /**
   * Environments that share one key pair; those of different groups differ. Environments that no
   * group names stands by itself. Without this: `dev` and `local` share one, if both are there.
   */
  groups?: readonly (readonly string[])[];
  /** Pairs that are older are a problem; 0: ages are not enforced. */
  maxAgeDays?: number;
}

/** The result of an audit. */
export interface FleetReport {
  /** Whether all is well. Warnings do not change that. */
  ok: boolean;
  /** The environments that were asked about. */
  environments: {
    name: string;
    vault: string;
    status: "ok" | "missing" | "mismatched" | "half-written" | "unreadable" | "unavailable";
    privateFingerprint: string | null;
    publicFingerprint: string | null;
    ageDays: number | null;
  }[];
  /** The mounted files, if they were looked at. */
  mounted: {
    status: string;
    /** The environment whose pair it is, as far as it can be told. */
    environment: string | null;
    privateFingerprint: string | null;
    publicFingerprint: string | null;
  } | null;
  /** Whose token is in `cli.toml`, if there is one; `verifiedWith`: a known key's fingerprint. */
  publisher: {
    identity: string;
    issuer: string;
    subject: string;
    verifiedWith: string | null;
  } | null;
  /**
   * `shared`: one pair in the group. `distinct`: no pair of another group. `checked`: `false` if a vault
   * could not be read; then `ok` is `false`, too.
   */
  policy: {
    rule: "shared" | "distinct";
    environments: string[];
    ok: boolean;
    checked: boolean;
  }[];
  /** The problem, and the next step. */
  problems: {
    code: string;
    severity: "error" | "warning";
    environment: string | null;
    message: string;
    hint: string;
  }[];
}

/**
 * Parity, fingerprints, policy, mounted = store, and the publisher's token.
 *
 * @param options `environments`: those to look at (all by default); `host`: whether the host's
 * files are looked at, too (by default, if `fleet` has them); `likelyHost`: where environments share the mounted
 * pair, the one that this host is taken for.
 * @throws {@link KeysError} `ERR_ENVIRONMENT_NAME`, `ERR_ENVIRONMENT_UNKNOWN`, `ERR_POLICY_GROUPS`.
 */
export function auditFleet(
  fleet: FleetContents,
  options?: { environments?: readonly string[]; host?: boolean; likelyHost?: string; now?: number },
): FleetReport;

/** A request for a plan. */
export interface RotationRequest {
  /** The operation, named as the program's command. */
  operation: "rotate" | "resume" | "rollback" | "sync";
  /** Their whole groups are meant. */
  environments: readonly string[];
  /** The environment whose keys this host mounts. */
  host?: string;
  /** Whether the mounted files follow: `true` by default. */
  syncMounted?: boolean;
  /** Whether the publisher token is re-signed: `true` by default. */
  preservePublisher?: boolean;
  /** Keep a mounted pair that the vault has never seen, as the version before the new one. */
  adoptMounted?: boolean;
  /** Make a new pair although the private key of the present one is nowhere to be found. */
  replaceLostKey?: boolean;
  /** The identity that the publisher token must have. */
  expectIdentity?: string;
  /** Re-sign a token that no known key has signed. */
  allowUnverified?: boolean;
  /** Re-sign a token whose issuer is not `localhost`. */
  allowExternalIssuer?: boolean;
}

/** The steps of an operation, in the order in which they are to be carried out. */
export interface RotationPlan {
  /** Groups, and where the pair that each holds at the end comes from. */
  targets: {
    environments: string[];
    source:
      | { kind: "new" }
      | { kind: "stored"; environment: string; version: string; fingerprint: string }
      | { kind: "mounted"; fingerprint: string };
    /** The mounted pair's fingerprint, if it is pushed first. */
    adopt: string | null;
  }[];
  /** The steps, one after the other. */
  steps: {
    action:
      | "escrow"
      | "adopt-private"
      | "adopt-public"
      | "retire-keys"
      | "generate"
      | "load"
      | "push-private"
      | "push-public"
      | "mount-retired-keys"
      | "set-aside"
      | "mount-private"
      | "mount-public"
      | "resign-token"
      | "update-server-key"
      | "prove";
    environment: string;
    /** The place of its target. */
    target: number;
  }[];
  /** This host's environment and its target; `null` if it is not concerned. */
  host: { environment: string; target: number } | null;
  /** The new JSON text for the escrow; `null` if there is nothing to add. */
  escrow: string | null;
  /** The publisher whose token follows; `null`: none. */
  publisher: { identity: string; issuer: string; subject: string } | null;
  /** The fingerprint of the key that its present token verifies with. */
  verifiedWith: string | null;
  /** Notes for a person: `no-cli-toml`, `adopts`, `becomes-eternal` … */
  notes: string[];
}

/**
 * Plans a rotation as data. Nothing is done: the caller carries the steps out, and reads the fleet again
 * afterwards and lets {@link auditFleet} judge it.
 *
 * @throws {@link KeysError} with `environment`, for what is unsafe: `ERR_GROUP_UNSOUND` (`resume`
 * repairs it), `ERR_MOUNTED_UNKNOWN`, `ERR_TOKEN_UNVERIFIED` …
 */
export function planRotation(fleet: FleetContents, request: RotationRequest): RotationPlan;

/** The lock of a host's files. It ends when it is released, and with the process. */
export interface HostLock {
  /** Lets go of it. Doing so twice changes nothing. */
  release(): void;
}

/**
 * Takes the lock of a host's files, for a program that changes them: the operating system's, on the folder
 * of the mounted keys and on that of `cli.toml`. The program `spacetime-keys` and the bun script take
 * it, too, from whatever working folder or container. On Windows it locks nothing.
 *
 * @param host The folder that the server mounts, and the SpacetimeDB CLI's file.
 * @param doing What a program is told that is refused meanwhile: lowercase letters and hyphens.
 * @throws {@link KeysError} `ERR_LOCKED`, where another run is at work: who, and since when;
 * `ERR_IO`.
 */
export function lockHost(
  host: { mountedKeysDir: string; cliToml: string },
  doing: string,
): HostLock;

// ---- The engine --------------------------------------------------------------------------------

/** Environments, where their keys are kept, and a host's files. */
export interface Fleet {
  /**
   * `directory`: a folder (`path`, `.spacetime-keys` if absent). `az`: Azure Key Vault by the Azure
   * CLI, as the user who is logged in to it; no secret is ever an argument. `program`: `az` on PATH if absent;
   * `timeout`: of one call, in seconds, 60 if absent; `secretFiles`: the folder for the files that az
   * takes secrets from, the system's temporary folder if absent.
   */
  store:
    | { kind: "directory"; path?: string }
    | { kind: "az"; program?: string; timeout?: number; secretFiles?: string };
  /** Environment = vault. If absent, the self-hosting guide's four. */
  environments?: Readonly<Record<string, string>>;
  /** Environments that share one key pair. If absent: `dev` and `local` do, where both are there. */
  groups?: readonly (readonly string[])[];
  /** A pair that is older is a problem; 0, as if absent: none is. */
  maxAgeDays?: number;
  /**
   * For how many seconds the exchange honours what a replaced pair has signed; 0, as if absent: not at
   * all.
   */
  honorOldTokens?: number;
  /** What the secrets are called. If absent, as in the guide. */
  secrets?: { privateKey?: string; publicKey?: string; escrow?: string; retiredKeys?: string };
  /**
   * The folder in which runs leave their marks, and keep what was mounted and no vault has. If absent,
   * `.state` in the directory store, or in `.spacetime-keys`: the program's.
   */
  state?: string;
  /** The folder that the server mounts; `.generated/spacetimedb-keys` if absent. */
  mountedKeysDir?: string;
  /** The SpacetimeDB CLI's file; `./data/.config/spacetime/cli.toml` if absent. */
  cliToml?: string;
}

/** The plan of a run, before or after it. */
export interface Run {
  /** The operation that was asked for, or that is continued. */
  operation: "rotate" | "resume" | "rollback" | "sync";
  /** Sortable by time; each version that is written has it as a tag. */
  rotationId: string;
  /** Whether this finishes a run that was cut short. */
  continued: boolean;
  /** The steps. */
  plan: Omit<RotationPlan, "escrow">;
  /** The fingerprints of each group's pair; `now` is `null` while a new one is not made yet. */
  pairs: { environments: string[]; before: string | null; now: string | null }[];
  /** The contents of those environments' vaults before. */
  held: {
    environment: string;
    vault: string;
    privateFingerprint: string | null;
    publicFingerprint: string | null;
  }[];
  /** The fingerprint of the private key that was mounted before. */
  mounted: string | null;
  /** Other environments' vaults that could not be read, and so were not compared. */
  unread: Unread[];
}

/** A vault that could not be read, and why. */
export interface Unread {
  /** The vault's environment. */
  environment: string;
  /** `ERR_STORE_…` or `ERR_IO`. */
  code: string;
  /** The message, in one sentence. */
  message: string;
  /** The next step, in words. */
  hint: string;
}

/** The result of a run. */
export type RunOutcome =
  /** `resume`, where no run was cut short and no environment was named. */
  | { status: "nothing-to-resume" }
  /** A dry run. */
  | ({ status: "planned" } & Run)
  | RunDone;

/** A run that is done, and proven. */
export interface RunDone extends Run {
  /** Not only planned. */
  status: "done";
  /** For each step: the version that it wrote. */
  versions: (string | null)[];
  /** The places of mounted contents that no vault has. */
  setAside: string[];
  /** The publisher token, if it was signed again. */
  resigned: { identity: string; verifiedWith: string | null; expiryCleared: boolean } | null;
}

/** The events of the engine's work, in their order. */
export type RunEvent =
  /** A run that was cut short goes on; `elsewhere`: another host began it, which mounts that folder. */
  | { type: "continues"; elsewhere: string | null }
  | ({ type: "begins" } & Run)
  | ({ type: "step" } & RotationPlan["steps"][number])
  /** A key is put into a vault; then it was read back. */
  | { type: "writes" | "wrote"; environment: string; secret: string; fingerprint: string }
  /** All that was done has been read again, and is as it should be. */
  | { type: "proven" }
  | ({ type: "ends" } & RunDone)
  /** A call of the Azure CLI has ended. There is no secret in it. `null`: it was stopped. */
  | { type: "az"; arguments: string[]; exitCode: number | null; milliseconds: number };

/** For every function of the engine. */
export interface Watching {
  /** Is told what happens. What it throws stops the run, and is thrown. */
  onEvent?: (event: RunEvent) => void;
  /**
   * Stops the run before its next step, and a call of the Azure CLI at once: `ERR_STOPPED`. Where the
   * error says `resumable`, the same call again finishes the run.
   */
  signal?: StopSignal;
}

/** An `AbortSignal`, as far as it is needed: the type is not declared everywhere. */
export interface StopSignal {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Hears of it. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Does not hear of it any more. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** For every run on a host's files. Absent members are as in {@link RotationRequest}. */
export interface RunOptions
  extends Watching,
    Pick<
      RotationRequest,
      | "syncMounted"
      | "preservePublisher"
      | "expectIdentity"
      | "allowUnverified"
      | "allowExternalIssuer"
    > {
  /** Only plan: nothing is changed. */
  dryRun?: boolean;
}

/**
 * Makes new pairs, puts them into the vaults and onto this host, signs the publisher token again,
 * and proves all of it by reading it again: as the program's `rotate`, but without asking anybody. The
 * work is done off the main thread, under the host's lock. A run that was cut short is finished by the
 * same call, or by {@link resume}.
 *
 * @param options `environments`: their whole groups are meant. `host`: the environment whose keys
 * this host mounts; if absent, its files are left alone.
 * @throws {@link KeysError} with `resumable`, and with `environment` where it is about one:
 * `ERR_LOCKED`, `ERR_UNFINISHED`, `ERR_GROUP_UNSOUND`, `ERR_MOUNTED_UNKNOWN`, `ERR_STORE_…`, `ERR_IO` …
 */
export function rotate(fleet: Fleet, options: RotateOptions): Promise<RunOutcome>;

/** For {@link rotate} and {@link mendAndRotate}. */
export interface RotateOptions
  extends RunOptions,
    Pick<RotationRequest, "environments" | "host" | "adoptMounted" | "replaceLostKey"> {
  /**
   * For how many seconds the exchange honours what the replaced pair has signed. If absent, as the
   * fleet has it; 0 ends it for all earlier pairs, too.
   */
  honorOldTokens?: number;
  /** The replaced pair has leaked: it is revoked, and nothing that it has signed is honoured. */
  compromised?: boolean;
}

/**
 * As {@link rotate}; but where that refuses because another run was cut short, or because a group or
 * the mounted files are unsound, that is finished or repaired first. A group whose repairing brings this host
 * another pair than it had mounted gets no second one.
 *
 * @returns `runs`: in their order. `afterwards`: in a dry run, the environments that would be repaired
 * first and get new pairs after that.
 */
export function mendAndRotate(
  fleet: Fleet,
  options: RotateOptions,
): Promise<{ runs: (({ status: "planned" } & Run) | RunDone)[]; afterwards: string[] }>;

/**
 * Finishes a run that was cut short, or repairs the groups of `environments`.
 *
 * @throws {@link KeysError} as {@link rotate}.
 */
export function resume(
  fleet: Fleet,
  options?: RunOptions & { environments?: readonly string[]; host?: string },
): Promise<RunOutcome>;

/**
 * Returns to the pair before the present one, as a new version.
 *
 * @throws {@link KeysError} as {@link rotate}; `ERR_NO_EARLIER_PAIR`.
 */
export function rollback(
  fleet: Fleet,
  options: RunOptions & { environment: string; host?: string },
): Promise<RunOutcome>;

/**
 * Mounts an environment's present pair on this host, and signs the publisher token with it.
 *
 * @throws {@link KeysError} as {@link rotate}; `ERR_VAULT_EMPTY`.
 */
export function sync(
  fleet: Fleet,
  options: RunOptions & { environment: string },
): Promise<RunOutcome>;

/**
 * Reads vaults and host, and judges them, as the program's `verify`. Nothing is changed. `failures`:
 * why vaults could not be read, of those that were not asked about too.
 *
 * @throws {@link KeysError} `ERR_ENVIRONMENT_UNKNOWN`, `ERR_CONFIG`, `ERR_IO`, `ERR_STOPPED`.
 */
export function verifyFleet(
  fleet: Fleet,
  options?: Watching & { environments?: readonly string[]; host?: boolean; likelyHost?: string },
): Promise<FleetReport & { failures: Unread[] }>;

/**
 * Makes a publisher token from the claims in the escrow of the environment's vault, signed with its
 * present pair, and puts it into `cli.toml`.
 *
 * @param options `expectIdentity`: whose, where the escrow has several.
 * @throws {@link KeysError} `ERR_LOCKED`, `ERR_UNFINISHED`, `ERR_MOUNTED_DIFFERS`,
 * `ERR_ESCROW_EMPTY`, `ERR_ESCROW_AMBIGUOUS`, `ERR_GROUP_UNSOUND` …
 */
export function restoreToken(
  fleet: Fleet,
  options: Watching & { environment: string; expectIdentity?: string },
): Promise<{
  identity: string;
  issuer: string;
  subject: string;
  signedBy: string;
  /** The publisher whose token was replaced. */
  replaced: { identity: string; verifiedWith: string | null } | null;
}>;

/**
 * As {@link resignCliToml}, on the file itself: replaced in one go, under the host's lock, with its
 * mode and owner.
 *
 * @throws {@link KeysError} what that throws, `ERR_LOCKED`, `ERR_SYMLINK`, `ERR_IO`.
 */
export function resignCliTomlFile(
  path: string,
  options: { privateKey: string } & ResignOptions,
): Promise<Resigned>;

// ---- Doctor ----------------------------------------------------------------------------------

/** The answer to a GET request. */
export interface HttpAnswer {
  /** The HTTP status. */
  status: number;
  /** The header `content-type`. */
  contentType?: string;
  /** At most some kilobytes of it are ever needed. */
  body?: string;
}

/** The observations. A field that is absent was not looked at. */
export interface Observations {
  /** The present moment, in Unix seconds. */
  now?: number;
  /** The answers of a server; `null`: there was none. */
  server?: {
    /** Its URL, for commands and to find it in `cli.toml`. */
    url?: string;
    /** To `/v1/health`. */
    health?: HttpAnswer | null;
    /** To `/v1/identity/public-key`. */
    publicKey?: HttpAnswer | null;
    /**
     * To `/v1/identity/IDENTITY/verify`, of the token's identity, or to `/v1/ping`, with the header
     * `Authorization: Bearer TOKEN`.
     */
    token?: HttpAnswer | null;
    /** To `/v1/database/NAME`. Its header `spacetime-identity-token` is a secret. */
    database?: HttpAnswer | null;
    /** The same of PARENT, where the name is `PARENT/NAME`, as the SpacetimeDB CLI 2.x reads it. */
    parent?: HttpAnswer | null;
    /** To `/v1/identity/IDENTITY/databases`, of the token's identity. */
    databases?: HttpAnswer | null;
  };
  /** Files of this host, as they were read; `null`: there is none. */
  host?: {
    /** `id_ecdsa`. */
    privateKey?: string | null;
    /** `id_ecdsa.pub`. */
    publicKey?: string | null;
    /** Permission bits of `id_ecdsa`, such as `0o600`. */
    privateMode?: number;
    /** Permission bits of `id_ecdsa.pub`. */
    publicMode?: number;
    /** `cli.toml`. */
    cliToml?: string | null;
  };
  /** The key store's vaults, if there is one. */
  vaults?: readonly VaultContents[];
  /** The environment whose keys this host mounts; else it is the one whose vault knows them. */
  environment?: string;
  /** The environment that is meant where several would do. */
  likelyHost?: string;
  /** The text of a server's or a compose log. */
  log?: string;
  /** The names that commands use. */
  places?: {
    /** The path of `cli.toml`. */
    cliToml?: string;
    /** The folder of the mounted keys. */
    keysDir?: string;
    /** Whether the program finds those two by itself. */
    areConfigured?: boolean;
    /** The program's configuration file, where it must be named. */
    config?: string;
    /** The command that restarts the server; `docker compose restart` by default. */
    restart?: string;
  };
}

/** What a publish would get, and why. The same as `spacetime-keys doctor --json`. */
export interface Diagnosis {
  /** A publish updates, or creates for an identity whose token is accepted; no check is an error. */
  ok: boolean;
  /** `null`: neither a server nor a log tells. */
  outcome:
    | "updates"
    | "creates"
    | "unauthorized"
    | "not_owner"
    | "bad_request"
    | "proxy"
    | "unreachable"
    | null;
  /** The HTTP status of the answer that decides; `null`: none would come, or it is not known. */
  status: number | null;
  /** The same in a sentence. */
  verdict: string;
  /** The version that the server tells. */
  serverVersion: string | null;
  /** The token's identity, by its claims. */
  identity: string | null;
  /** The database's owner. */
  owner: string | null;
  /** The databases that would be lost with `identity`. */
  owns: string[];
  /** Always `null`: to whom the token was sent is the caller's business. */
  tokenWithheld: "another_key" | "plain_http" | null;
  /** The checks. */
  checks: {
    /** `server`, `token_signature`, `owner` … */
    name: string;
    /** `null`: it could not be seen. */
    ok: boolean | null;
    severity: "error" | "warning" | null;
    detail: string;
    hint: string | null;
  }[];
  /** Commands, in order, each as it must be typed. */
  remedy: string[];
  /** Whether a publish should work after them. */
  cures: boolean;
}

/**
 * Says what a publish would get, and why, from what was seen. Asks nobody: the requests are yours,
 * and only GET (`POST /v1/identity` mints an identity). Send the token to your server only, and
 * follow no redirect with it.
 *
 * @throws {@link KeysError} `ERR_ENVIRONMENT_NAME`; `ERR_ENVIRONMENT_UNKNOWN` if `environment` is none of the vaults'.
 */
export function diagnose(observations?: Observations): Diagnosis;

// ---- Classes ---------------------------------------------------------------------------------

/** Signs with a key that is parsed once. The key never leaves it, and is not shown by `console.log`. */
export class Signer {
  /**
   * @param privateKey P-256 or RSA, PEM.
   * @throws {@link KeysError} `ERR_PEM_…`, `ERR_KEY_…`.
   */
  constructor(privateKey: string);
  /** The algorithm that it signs with. */
  readonly algorithm: Algorithm;
  /** The thumbprint of the key. */
  readonly kid: string;
  /** The key's public half, PEM. */
  readonly publicKey: string;
  /** Its fingerprint. */
  readonly fingerprint: string;
  /**
   * Signs claims as they stand: a compact JWS whose header has `typ`, `alg` and `kid`. Where `iat`
   * and `exp` are absent, they are added at the end: now, and `ttl` seconds after that. No policy
   * is applied beyond what every server asks of a token's form; {@link Signer.mint} has one.
   *
   * @param claims An object with a JSON form; `iss` and `sub` strings of 1 to 128 bytes. `exp: null`
   * makes a token that never expires.
   * @param options `ttl`: seconds, 900 by default. `now`: Unix seconds.
   * @throws {@link KeysError} `ERR_CLAIM_MISSING`, `ERR_CLAIM_INVALID`, `ERR_TOKEN_JSON`.
   */
  sign(claims: Claims, options?: SignOptions): string;
  /** As {@link Signer.sign}, for many, in their order, on all processors. All, or an error. */
  signMany(claims: readonly Claims[], options?: SignOptions): string[];
  /** As {@link Signer.signMany}, off the main thread. */
  signManyAsync(claims: readonly Claims[], options?: SignOptions): Promise<string[]>;
  /** As {@link mintToken}. */
  mint(options: MintOptions): MintedToken;
  /** As {@link resignToken}. The key must be P-256. */
  resign(token: string, options?: ResignOptions): Resigned & { token: string };
}

/** The completion of claims. */
export interface SignOptions {
  /** Seconds until `exp`, where the claims have none: 900 by default. */
  ttl?: number;
  /** The present moment, in Unix seconds. */
  now?: number;
}

/** What a {@link Verifier} holds every token against. See {@link VerifyOptions}. */
export interface VerifierOptions extends Omit<VerifyOptions, "now"> {
  /**
   * The number of verified tokens that are remembered, so that the same token again costs no signature check:
   * 0 (the default) to 100,000. Times are looked at each time; the least recently used goes first.
   * They have 4 KiB each on the average: a few large tokens do not fill the memory, and are
   * remembered in the place of many.
   */
  cache?: number;
}

/** The conditions of a {@link Verifier} of an issuer's set for every token. */
export interface KeySetVerifierOptions extends VerifierOptions {
  /** The `iss` that tokens must have; `null` so that none is compared. */
  issuer: string | null;
  /**
   * An `aud` that tokens must name; `null` so that none is compared. An issuer signs for everybody
   * who logs in with it, for other apps, too.
   */
  audience: string | null;
}

/** One token of many: verified, or why not. */
export type VerifyResult =
  | { ok: true; value: VerifiedToken; error?: undefined }
  | { ok: false; value?: undefined; error: { code: string; message: string; hint: string } };

/** Verifies with keys that are parsed once. */
export class Verifier {
  /**
   * @param publicKey P-256 or RSA, PEM. For an issuer's set: {@link Verifier.fromJwks}.
   * @throws {@link KeysError} `ERR_PEM_…`, `ERR_KEY_…`.
   */
  constructor(publicKey: string, options?: VerifierOptions);
  /**
   * With an issuer's set, JSON text or object; a token's `kid` chooses the key. Issuer and audience
   * must be named, or be `null`: a `TypeError` otherwise.
   *
   * @throws {@link KeysError} `ERR_JWKS_…`.
   */
  static fromJwks(jwks: string | JwkSet, options: KeySetVerifierOptions): Verifier;
  /** As {@link verifyToken}. `now`: the present moment, in Unix seconds. */
  verify(token: string, options?: { now?: number }): VerifiedToken;
  /** For many, in their order, on all processors. One that does not hold does not stop the others. */
  verifyMany(tokens: readonly string[], options?: { now?: number }): VerifyResult[];
  /** As {@link Verifier.verifyMany}, off the main thread. */
  verifyManyAsync(tokens: readonly string[], options?: { now?: number }): Promise<VerifyResult[]>;
}

/** A key of an issuer: with `privateKey`, or with `publicKey` only. */
export interface IssuerKey {
  /** P-256 or RSA, PEM. */
  privateKey?: string;
  /** A key that signs no more, and whose last tokens may still be good. */
  publicKey?: string;
  /** When its rollover begins, in Unix seconds. Every key but the first has one. */
  from?: number;
}

/** The token that an app lets somebody have: as {@link MintOptions}, without what the issuer knows. */
export interface IssuerGrant {
  /** The user's id in your app: one that never changes. */
  subject: string;
  /** For whom the token is: `aud`. */
  audience?: string | readonly string[];
  /** Seconds, no more than {@link IssuerOptions.tokenLifetime}. */
  ttl?: number;
  /** As in {@link MintOptions}; a publisher's token is not handed out. */
  purpose?: "app" | "robot" | "delegated";
  /** Further claims. */
  claims?: Claims;
}

/** The settings of {@link createIssuer}. */
export interface IssuerOptions {
  /** The `iss` of the tokens: the URL under which the handler is reached. Its path comes before each route. */
  issuer: string;
  /**
   * The keys, in the order in which they sign. To begin a rollover, add a key at the end with `from`: the
   * present moment. It is published at once, signs when every server has had time to fetch it (10 minutes
   * later), and the key before it leaves the set when its last token has expired. Every process that has
   * the same keys does the same at the same time.
   */
  keys: readonly IssuerKey[];
  /**
   * Who may have which token, by the app's own session. `null` is a 401; a `Response` is sent as it is. Without
   * it, there is no token route.
   */
  authorize?: (request: WebRequest) => IssuerAnswer | Promise<IssuerAnswer>;
  /** Where tokens are asked for, by POST. Default: `/token`. */
  tokenPath?: string;
  /** How long tokens live at most, in seconds. Default: 900. */
  tokenLifetime?: number;
  /** As in {@link MintOptions}. Default: `dev`. */
  target?: "prod" | "test" | "dev" | "local";
  /** Hears of what fails. Default: its code or name, on stderr. The client is told `internal`. */
  onError?: (error: unknown) => void;
  /** The present moment, in Unix seconds. */
  now?: () => number;
}

/** The app's answer to a request for a token. */
export type IssuerAnswer = IssuerGrant | WebResponse | null | undefined;

/**
 * An issuer as a handler of `Request`s: `GET /.well-known/openid-configuration`, `GET /.well-known/jwks.json`,
 * and `POST /token`, which answers `{ token, identity, expires_at }`. {@link toNodeHandler} puts it into
 * Express and `node:http`.
 *
 * @throws {@link KeysError} `ERR_ISSUER_URL`, `ERR_ISSUER_SCHEDULE`, `ERR_JWKS_SAME_KEY_TWICE`, `ERR_PEM_…`,
 * `ERR_KEY_…`.
 */
export function createIssuer(options: IssuerOptions): IssuerHandler;

/** What {@link createIssuer} makes. */
export interface IssuerHandler {
  /** Answers a request; one of no route of the issuer's with 404. */
  (request: WebRequest): Promise<WebResponse>;
  /**
   * A token for a call of the app's own, signed with the key that signs now. No request asks for it, and
   * {@link IssuerOptions.authorize} is not asked.
   *
   * @throws {@link KeysError} Those of {@link Signer.mint}.
   */
  mint(grant: IssuerGrant): MintedToken;
}

/** The settings of a {@link RemoteVerifier}: how it fetches a set, and the conditions for every token. */
export interface RemoteVerifierOptions extends Omit<VerifierOptions, "issuer" | "audience"> {
  /**
   * An `aud` that tokens must name; `null` so that none is compared. An issuer signs for everybody who logs in
   * with it, for other apps, too.
   */
  audience: string | null;
  /**
   * The URL of the set, or of a discovery document. Default: the issuer's
   * `/.well-known/openid-configuration`, where SpacetimeDB servers look, and the `jwks_uri` in it.
   */
  jwksUrl?: string;
  /** Whether keys may come by plain http from another machine than this one. Default: no. */
  plainHttp?: boolean;
  /** Seconds after which the set is fetched again. Default: 300, as servers do. */
  maxAge?: number;
  /** Seconds for which the last set is still used while the issuer gives none. Default: 3600. */
  maxStale?: number;
  /**
   * Seconds between two requests that an unknown `kid` is the reason for. Default: 30. So a token of a key
   * that was published a moment ago is verified, and made-up `kid`s cause no requests.
   */
  cooldown?: number;
  /** Seconds that fetching the set may take in all. Default: 5. */
  timeout?: number;
  /** In the place of the global `fetch`. Redirects are left to the caller (`redirect: "manual"`). */
  fetch?: WebFetch;
}

/**
 * Verifies with an issuer's keys, which it fetches: at the first token, every {@link
 * RemoteVerifierOptions.maxAge} seconds, and once more for a `kid` that it does not know. It fetches once for
 * all that wait. While the issuer gives none, the last set is used, and nobody waits for more than the first failure.
 * A redirect is followed, but never from https to http, and no answer is read that is larger
 * than a set may be.
 *
 * @example
 * ```js
 * const verifier = new RemoteVerifier("https://auth.example.com", { audience: "my-app" });
 * const { identity, claims } = await verifier.verify(token); // or throws
 * ```
 */
export class RemoteVerifier {
  /**
   * @param issuer The `iss` that tokens must have: an http or https URL. The `issuer` of its discovery
   * document must be the same (OpenID Connect Discovery 1.0, section 4.3).
   * @throws {@link KeysError} `ERR_ISSUER_URL`, `ERR_JWKS_URL`, `ERR_JWKS_URL_DANGER`, `ERR_JWKS_PLAIN_HTTP`.
   */
  constructor(issuer: string, options: RemoteVerifierOptions);
  /**
   * As {@link verifyToken}. `now`: the present moment, in Unix seconds.
   *
   * @throws {@link KeysError} As a rejection: those of {@link verifyToken}; `ERR_JWKS_FETCH` where no set came;
   * `ERR_JWKS_…` of what came in its place; `ERR_TOKEN_DISCOVERY_ISSUER`.
   */
  verify(token: string, options?: { now?: number }): Promise<VerifiedToken>;
  /** For many, in their order, off the main thread. One that does not hold does not stop the others. */
  verifyMany(tokens: readonly string[], options?: { now?: number }): Promise<VerifyResult[]>;
  /** Fetches the set now. */
  refresh(): Promise<void>;
}

/** The version of this package. */
export const version: string;
