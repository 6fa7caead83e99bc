// The whole API as a TypeScript program uses it. Compiled, never run: types.test.mjs does that, as
// an ES module and as CommonJS. What must not compile has a `@ts-expect-error` above it.

import {
  type Algorithm,
  type Claims,
  type DecodedToken,
  type Diagnosis,
  Exchange,
  type ExchangeKeys,
  type ExchangeOptions,
  type ExchangeHandlerOptions,
  type ExchangedToken,
  type Fleet,
  type FleetContents,
  type FleetReport,
  type HostContents,
  type HttpAnswer,
  type JwkSet,
  type JwksReport,
  type KeyPair,
  KeysError,
  type ImportedJwk,
  type IssuerOptions,
  type MintOptions,
  type MintedToken,
  type NodeHandlerOptions,
  type Observations,
  RemoteVerifier,
  type RemoteVerifierOptions,
  type ResignOptions,
  type Resigned,
  type RetiredKeys,
  type RotationPlan,
  type RotateOptions,
  type RotationRequest,
  type Run,
  type RunDone,
  type RunEvent,
  type RunOutcome,
  type ServerVerdict,
  type SignOptions,
  Signer,
  type VaultContents,
  type WebHandler,
  type WebRequest,
  type WebResponse,
  type VerificationKeys,
  type VerifiedToken,
  Verifier,
  type VerifierOptions,
  type VerifyOptions,
  type VerifyResult,
  auditFleet,
  checkKeyPair,
  checkToken,
  createExchange,
  createIssuer,
  decodeToken,
  deriveIdentities,
  deriveIdentitiesAsync,
  deriveIdentity,
  diagnose,
  exchangeToken,
  exportJwk,
  fingerprint,
  generateKeyPair,
  importJwk,
  jwks,
  lintJwks,
  mendAndRotate,
  mintToken,
  normalizePem,
  openidConfiguration,
  planRotation,
  resignCliToml,
  resignCliTomlFile,
  resignToken,
  restoreToken,
  resume,
  rollback,
  rotate,
  sync,
  thumbprint,
  toNodeHandler,
  verifyFleet,
  verifyToken,
  version,
} from "spacetime-keys";

/** Fails to compile unless both are the same type. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

const text: string = version;
const readonlyTexts: readonly string[] = Object.freeze([text]);

// Keys
const pair: KeyPair = generateKeyPair();
generateKeyPair({});
generateKeyPair({ algorithm: "RS256" });
const { privateKey, publicKey } = pair;
const parts: string[] = [pair.fingerprint, pair.kid, fingerprint(publicKey), thumbprint(publicKey)];
const canonical: string = normalizePem(privateKey);
const { match, privateFingerprint, publicFingerprint } = checkKeyPair(privateKey, publicKey);
same<typeof match, boolean>(true);
parts.push(canonical, privateFingerprint, publicFingerprint);
// @ts-expect-error HS256 is never taken
generateKeyPair({ algorithm: "HS256" });
// @ts-expect-error no such option
generateKeyPair({ alg: "ES256" });
// @ts-expect-error a Buffer is no text
normalizePem(new Uint8Array());
// @ts-expect-error both halves are needed
checkKeyPair(privateKey);
// @ts-expect-error a key is needed
fingerprint();
// @ts-expect-error null is no key
thumbprint(null);

// Identities
const identity: string = deriveIdentity("localhost", text);
const identities: string[] = deriveIdentities("localhost", readonlyTexts);
const later: Promise<string[]> = deriveIdentitiesAsync("localhost", identities);
// @ts-expect-error a subject is needed
deriveIdentity("localhost");
// @ts-expect-error one subject is no list
deriveIdentities("localhost", identity);
// @ts-expect-error numbers are no subjects
deriveIdentitiesAsync("localhost", [1]);
// @ts-expect-error it is a promise
const notYet: string[] = deriveIdentitiesAsync("localhost", []);

// Tokens
const decoded: DecodedToken = decodeToken(text);
same<DecodedToken["verified"], false>(true);
if (decoded.kind === "jwt") {
  const header: Record<string, unknown> | null = decoded.header;
  const claims: Claims | null = decoded.claims;
  const payload: string | null = decoded.payload;
  parts.push(String(header?.alg), String(claims?.sub), payload ?? "", decoded.identity ?? "");
}
parts.push(decoded.reason ?? "", decoded.hint ?? "");
// @ts-expect-error claims may be null
decoded.claims.sub;
// @ts-expect-error nothing was verified
const trusted: VerifiedToken = decoded;

const held: VerifyOptions = { issuer: "a", audience: "b", algorithm: "ES256", leeway: 5, now: 1 };
const withKey: VerificationKeys = { publicKey };
const withSet: VerificationKeys = { jwks: jwks(publicKey) };
const verified: VerifiedToken = verifyToken(text, { ...withKey, ...held });
verifyToken(text, withSet);
verifyToken(text, { jwks: '{"keys":[]}', now: 1 });
same<VerifiedToken["expiresAt"], number | null>(true);
same<VerifiedToken["algorithm"], Algorithm>(true);
same<Algorithm, "ES256" | "RS256">(true);
parts.push(
  verified.identity ?? "",
  verified.kid,
  String(verified.issuedAt),
  String(verified.claims.x),
);
// @ts-expect-error a key is needed
verifyToken(text, { issuer: "a" });
// @ts-expect-error one key or a set, not both
verifyToken(text, { publicKey, jwks: "" });
// @ts-expect-error no such option: audiences are one
verifyToken(text, { publicKey, aud: "a" });
// @ts-expect-error a time is a number
verifyToken(text, { publicKey, now: new Date() });
// @ts-expect-error claims are unknown until they are looked at
verified.claims.sub.length;

const verdict: ServerVerdict = checkToken(text, {
  publicKey,
  jwks: { keys: [] },
  server: "2.8",
  now: 1,
});
checkToken(text, {});
same<ServerVerdict["accepted"], boolean>(true);
same<ServerVerdict["status"], number>(true);
const words: (string | null)[] = [
  verdict.identity,
  verdict.reason,
  verdict.code,
  verdict.detail,
  verdict.remedy,
  verdict.remedyCode,
];
parts.push(verdict.server, ...words.map(String));
// @ts-expect-error a version is a text
checkToken(text, { server: 2.8 });

const mintOptions: MintOptions = {
  issuer: "https://app.example.com",
  subject: "u1",
  audience: readonlyTexts,
  ttl: 900,
  purpose: "delegated",
  target: "prod",
  claims: { act: { sub: "robot:x" }, azp: "web" },
  now: 1,
};
const minted: MintedToken = mintToken({ privateKey, ...mintOptions, audience: "one" });
same<MintedToken["expiresAt"], number>(true);
parts.push(minted.token, minted.identity, minted.kid, minted.algorithm, String(minted.issuedAt));
// @ts-expect-error a key is needed
mintToken(mintOptions);
// @ts-expect-error a subject is needed
mintToken({ privateKey, issuer: "a" });
// @ts-expect-error no such purpose
mintToken({ privateKey, issuer: "a", subject: "b", purpose: "admin" });
// @ts-expect-error a ttl is a number of seconds
mintToken({ privateKey, issuer: "a", subject: "b", ttl: "15m" });

const resignOptions: ResignOptions = {
  previousPublicKey: readonlyTexts,
  expectIdentity: identity,
  allowUnverified: true,
  allowExternalIssuer: false,
  expiry: "keep",
  now: 1,
};
const resigned: Resigned & { token: string } = resignToken(text, { privateKey, ...resignOptions });
const inFile: Resigned & { text: string } = resignCliToml(text, { privateKey, expiry: 3600 });
same<Resigned["after"], { iat: number | null; exp: number | null }>(true);
parts.push(resigned.token, inFile.text, resigned.identity, resigned.issuer, resigned.subject);
parts.push(resigned.verifiedWith ?? "", resigned.signedBy, String(resigned.expiryCleared));
parts.push(String(resigned.before.iat), String(inFile.after.exp));
// @ts-expect-error a key is needed
resignToken(text, {});
// @ts-expect-error no such word
resignToken(text, { privateKey, expiry: "forever" });
// @ts-expect-error the text of a file is no token
inFile.token;

// The exchange
const retiredKeys: RetiredKeys = {
  version: 1,
  keys: [
    {
      public_key: publicKey,
      fingerprint: text,
      retired_at: 1,
      honored_until: 2,
      revoked: false,
    },
  ],
  publishers: [identity],
};
const exchangeKeys: ExchangeKeys = { privateKey, retiredKeys };
const exchangeOptions: ExchangeOptions = { lifetime: 300, now: 1 };
const exchanged: ExchangedToken = exchangeToken(text, { ...exchangeKeys, ...exchangeOptions });
exchangeToken(text, { privateKey, retiredKeys: "{}" });
same<ExchangedToken["outcome"], "exchanged" | "notNeeded">(true);
same<ExchangedToken["expiresAt"], number | null>(true);
if (exchanged.outcome === "exchanged") parts.push(exchanged.retiredKey);
parts.push(exchanged.token, exchanged.identity);
const exchange: Exchange = new Exchange(exchangeKeys);
same<typeof exchanged, ReturnType<typeof exchange.exchange>>(true);
exchange.exchange(text);
// @ts-expect-error a list is needed
exchangeToken(text, { privateKey });
// @ts-expect-error a key is needed
new Exchange({ retiredKeys });
// @ts-expect-error the keys are in it already
exchange.exchange(text, exchangeKeys);
// @ts-expect-error a token that is good already was signed by no retired key
exchanged.retiredKey;
// @ts-expect-error a lifetime is a number of seconds
exchange.exchange(text, { lifetime: "5m" });

// Handlers
const listening: ExchangeHandlerOptions = {
  server: "http://127.0.0.1:3000",
  mountedKeysDir: text,
  onError: ({ code, hint }) => parts.push(code, hint),
  now: () => 1,
};
const answers: (request: WebRequest) => Promise<WebResponse> = createExchange(listening);
const asHandler: WebHandler = answers;
const nodeOptions: NodeHandlerOptions = { bodyLimit: 4096, onError: (error) => void error };
const forNode: (request: never, response: never) => Promise<void> = toNodeHandler(
  asHandler,
  nodeOptions,
);
toNodeHandler(answers);
// @ts-expect-error a server is needed
createExchange({});
// @ts-expect-error the clock is a function
createExchange({ server: text, now: 1 });
// @ts-expect-error a handler is needed
toNodeHandler();
// @ts-expect-error no such option
toNodeHandler(answers, { limit: 1 });

// Sets
const set: JwkSet = jwks([publicKey]);
const document: { issuer: string; jwks_uri: string } = openidConfiguration(
  "https://a.example",
  publicKey,
);
const report: JwksReport = lintJwks(set);
lintJwks("{}");
const [problem] = report.problems;
if (problem) {
  same<typeof problem.severity, "error" | "warning">(true);
  same<typeof problem.entry, number | null>(true);
  parts.push(problem.code, problem.message, problem.hint);
}
parts.push(document.issuer, document.jwks_uri, String(report.takenBy["1.2"]), String(report.ok));
parts.push(String(report.entries), String(set.keys[0]?.kid));
// @ts-expect-error keys are PEM
jwks(set);
// @ts-expect-error keys are needed
openidConfiguration("https://a.example");
// @ts-expect-error a set has keys
lintJwks({});

// Fleets
const vault: VaultContents = {
  environment: "prod",
  vault: "kv-prod",
  privateKey,
  publicKey: null,
  created: null,
  version: "2",
  earlier: [{ version: "1", fingerprint: pair.fingerprint, created: 1 }],
  escrow: null,
  unavailable: false,
};
const host: HostContents = { privateKey: null, publicKey, worldAccessible: false, cliToml: text };
const fleet: FleetContents = {
  vaults: [vault, { environment: "a", vault: "b" }],
  host,
  groups: [["prod"], readonlyTexts],
  maxAgeDays: 90,
};
const audit: FleetReport = auditFleet(fleet);
auditFleet(fleet, { environments: readonlyTexts, host: false, likelyHost: "local", now: 1 });
for (const each of audit.environments) {
  same<
    typeof each.status,
    "ok" | "missing" | "mismatched" | "half-written" | "unreadable" | "unavailable"
  >(true);
  parts.push(each.name, each.vault, each.privateFingerprint ?? "", String(each.ageDays));
}
for (const { rule, environments, ok } of audit.policy)
  parts.push(rule, ...environments, String(ok));
for (const each of audit.problems)
  parts.push(each.code, each.severity, each.environment ?? "", each.hint);
parts.push(audit.mounted?.environment ?? "", audit.publisher?.verifiedWith ?? "", String(audit.ok));
// @ts-expect-error vaults are needed
auditFleet({});
// @ts-expect-error a vault has a name
auditFleet({ vaults: [{ environment: "prod" }] });
// @ts-expect-error no such option
auditFleet(fleet, { hosts: true });

const answer: HttpAnswer = { status: 200, contentType: "text/plain", body: text };
const observations: Observations = {
  now: 1,
  server: { url: text, health: answer, publicKey: { status: 404 }, token: null },
  host: { privateKey: text, publicKey: null, privateMode: 0o600, publicMode: 0o644, cliToml: null },
  vaults: fleet.vaults,
  environment: "prod",
  likelyHost: "local",
  log: text,
  places: { cliToml: text, keysDir: text, areConfigured: true, config: text, restart: text },
};
const diagnosis: Diagnosis = diagnose(observations);
for (const { name, ok, severity, detail, hint } of diagnosis.checks) {
  parts.push(name, String(ok), severity ?? "", detail, hint ?? "");
}
parts.push(
  diagnosis.outcome ?? "",
  String(diagnosis.status),
  diagnosis.verdict,
  ...diagnosis.remedy,
);
parts.push(diagnosis.serverVersion ?? "", diagnosis.identity ?? "", diagnosis.owner ?? "");
parts.push(...diagnosis.owns, String(diagnosis.ok && diagnosis.cures), diagnose().verdict);
// @ts-expect-error an answer has a status
diagnose({ server: { health: {} } });
// @ts-expect-error no such field
diagnose({ token: text });

const leak: RotateOptions = { environments: ["local"], compromised: true, honorOldTokens: 0 };
parts.push(String(leak.compromised), String(leak.honorOldTokens));

const request: RotationRequest = {
  operation: "rotate",
  environments: readonlyTexts,
  host: "local",
  syncMounted: true,
  preservePublisher: true,
  adoptMounted: false,
  replaceLostKey: false,
  expectIdentity: identity,
  allowUnverified: false,
  allowExternalIssuer: false,
};
const plan: RotationPlan = planRotation(fleet, request);
for (const { source, adopt, environments } of plan.targets) {
  if (source.kind === "stored") parts.push(source.environment, source.version, source.fingerprint);
  else if (source.kind === "mounted") parts.push(source.fingerprint);
  else same<typeof source, { kind: "new" }>(true);
  parts.push(adopt ?? "", ...environments);
}
for (const { action, environment, target } of plan.steps)
  parts.push(action, environment, String(target));
parts.push(plan.host?.environment ?? "", plan.escrow ?? "", plan.publisher?.identity ?? "");
parts.push(plan.verifiedWith ?? "", ...plan.notes);
// @ts-expect-error no such operation
planRotation(fleet, { operation: "delete", environments: [] });
// @ts-expect-error a request is needed
planRotation(fleet);
// @ts-expect-error a new pair has no fingerprint yet
plan.targets[0]!.source.fingerprint;

// Classes
const signer: Signer = new Signer(privateKey);
same<Signer["algorithm"], Algorithm>(true);
const signOptions: SignOptions = { ttl: 60, now: 1 };
const token: string = signer.sign({ iss: "a", sub: "b", exp: null }, signOptions);
const tokens: string[] = signer.signMany([{ iss: "a", sub: "b" }] as const, {});
const tokensLater: Promise<string[]> = signer.signManyAsync([], signOptions);
const mintedToo: MintedToken = signer.mint(mintOptions);
const resignedToo: Resigned & { token: string } = signer.resign(token);
signer.resign(token, resignOptions);
parts.push(signer.kid, signer.publicKey, signer.fingerprint, mintedToo.token, resignedToo.token);
// @ts-expect-error a key is needed
new Signer();
// @ts-expect-error a class needs new
Signer(privateKey);
// @ts-expect-error the key stays inside
signer.privateKey;
// @ts-expect-error its facts do not change
signer.kid = "x";
// @ts-expect-error claims are an object
signer.sign("claims");
// @ts-expect-error a list is needed
signer.signMany({ iss: "a", sub: "b" });
// @ts-expect-error the key is in it already
signer.mint({ privateKey, ...mintOptions });

const verifierOptions: VerifierOptions = {
  issuer: "a",
  audience: "b",
  algorithm: "RS256",
  leeway: 0,
  cache: 10,
};
const verifier: Verifier = new Verifier(publicKey, verifierOptions);
const ofSet: Verifier = Verifier.fromJwks(set, { issuer: "a", audience: "b", cache: 0 });
Verifier.fromJwks("{}", { issuer: null, audience: null });
// @ts-expect-error issuer and audience are named, or null
Verifier.fromJwks(set);
// @ts-expect-error both of them
Verifier.fromJwks(set, { issuer: "a" });
same<VerifiedToken["checked"], ("signature" | "times" | "algorithm" | "issuer" | "audience")[]>(
  true,
);
const one: VerifiedToken = verifier.verify(token, { now: 1 });
const many: VerifyResult[] = ofSet.verifyMany(tokens);
const manyLater: Promise<VerifyResult[]> = ofSet.verifyManyAsync(readonlyTexts, { now: 1 });
for (const result of many) {
  if (result.ok) parts.push(result.value.kid);
  else parts.push(result.error.code, result.error.message, result.error.hint);
}
// @ts-expect-error a result may be an error
many[0]!.value.kid;
// @ts-expect-error now belongs to each call
new Verifier(publicKey, { now: 1 });
// @ts-expect-error a set is for fromJwks
new Verifier(set);
// @ts-expect-error issuers are set at the beginning
verifier.verify(token, { issuer: "a" });
// @ts-expect-error tokens are texts
verifier.verifyMany([1]);

// Keys that are fetched
const remoteOptions: RemoteVerifierOptions = { audience: null, maxAge: 60 };
const remoteVerifier = new RemoteVerifier("https://a.example", remoteOptions);
const fetched: Promise<VerifiedToken> = remoteVerifier.verify(token, { now: 1 });
const fetchedMany: Promise<VerifyResult[]> = remoteVerifier.verifyMany([token]);
const refreshed: Promise<void> = remoteVerifier.refresh();
// @ts-expect-error whom the tokens are for must be said
new RemoteVerifier("https://a.example", {});
// @ts-expect-error the issuer is the first argument
new RemoteVerifier("https://a.example", { audience: null, issuer: "a" });

// An issuer
const issuerOptions: IssuerOptions = {
  issuer: "https://a.example",
  keys: [{ privateKey: "a" }, { publicKey: "b", from: 1 }],
  authorize: async () => ({ subject: "u_1", audience: ["a"], claims: { sid: 1 } }),
};
const handing: (request: never) => Promise<unknown> = createIssuer(issuerOptions);
same<ReturnType<ReturnType<typeof createIssuer>["mint"]>, MintedToken>(true);

// JWKs
const imported: ImportedJwk = importJwk(exportJwk(token, { private: true }));
same<typeof imported.privateKey, string | null>(true);

// Errors
// @ts-expect-error there is nothing to make one with
new KeysError("a");
try {
  verifier.verify(token);
} catch (error) {
  const { code, hint, index, environment, message } = error as KeysError;
  same<typeof index, number | undefined>(true);
  parts.push(code, hint, message, environment ?? "");
  // @ts-expect-error a code does not change
  (error as KeysError).code = "x";
}

export {
  handing,
  fetched,
  fetchedMany,
  forNode,
  later,
  manyLater,
  notYet,
  one,
  refreshed,
  tokensLater,
  trusted,
};

// ---- The engine ----

const site: Fleet = { store: { kind: "az", timeout: 60 }, environments: { local: "kv-local" } };
const seen: RunEvent[] = [];

export async function theEngine(): Promise<void> {
  const outcome: RunOutcome = await rotate(site, {
    environments: ["local"],
    host: "local",
    onEvent: (event) => {
      seen.push(event);
      if (event.type === "az") same<typeof event.exitCode, number | null>(true);
    },
  });
  if (outcome.status === "done") {
    const done: RunDone = outcome;
    same<typeof done.setAside, string[]>(true);
  } else if (outcome.status === "planned") {
    const run: Run = outcome;
    same<typeof run.mounted, string | null>(true);
  }
  await resume(site);
  await rollback(site, { environment: "local", dryRun: true });
  await sync({ store: { kind: "directory" } }, { environment: "local" });
  const { runs, afterwards } = await mendAndRotate(site, { environments: ["local"] });
  same<typeof afterwards, string[]>(true);
  same<(typeof runs)[number]["status"], "planned" | "done">(true);
  const { failures, ok } = await verifyFleet(site, { likelyHost: "local" });
  same<typeof ok, boolean>(true);
  same<(typeof failures)[number]["code"], string>(true);
  const { replaced } = await restoreToken(site, { environment: "local" });
  same<typeof replaced, { identity: string; verifiedWith: string | null } | null>(true);
  const resigned: Resigned = await resignCliTomlFile("cli.toml", { privateKey: "" });
  same<typeof resigned.signedBy, string>(true);
  // @ts-expect-error an environment must be named
  await rotate(site, {});
  // @ts-expect-error there is no such store
  await verifyFleet({ store: { kind: "s3" } });
}
