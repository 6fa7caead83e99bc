// The vectors in tests/vectors as calls of a library, on any host: nothing here needs Node.

const pick = (vector, ...names) =>
  Object.fromEntries(names.filter((name) => name in vector).map((name) => [name, vector[name]]));

const wish = (vector) => ({
  ...pick(vector, "privateKey", "expectIdentity", "allowUnverified", "allowExternalIssuer"),
  ...pick(vector, "expiry", "now"),
  previousPublicKey: vector.previousPublicKeys,
});

/** By file: what is called with a vector. */
export const calls = {
  pem: (api, { pem }) => api.normalizePem(pem),
  keys: (api, { pem }) => [api.fingerprint(pem), api.thumbprint(pem)],
  pairs: (api, { privateKey, publicKey }) => api.checkKeyPair(privateKey, publicKey),
  identities: (api, { issuer, subject }) => api.deriveIdentity(issuer, subject),
  decode: (api, { token }) => api.decodeToken(token),
  verify: (api, vector) =>
    api.verifyToken(
      vector.token,
      pick(vector, "publicKey", "jwks", "issuer", "audience", "algorithm", "leeway", "now"),
    ),
  check: (api, vector) =>
    Object.keys(vector.verdicts).map((server) =>
      api.checkToken(vector.token, { ...pick(vector, "publicKey", "jwks", "now"), server }),
    ),
  mint: (api, vector) =>
    unsigned(
      api.mintToken(
        pick(
          vector,
          ...["privateKey", "issuer", "subject", "audience", "ttl", "purpose", "target"],
          ...["claims", "now"],
        ),
      ),
    ),
  resign: (api, vector) => unsigned(api.resignToken(vector.token, wish(vector))),
  jwks: (api, { publicKeys }) => api.jwks(publicKeys),
  openid: (api, { issuer, publicKeys }) => api.openidConfiguration(issuer, publicKeys),
  lint: (api, { jwks }) => api.lintJwks(jwks),
};

/** A signature may be another each time. */
function unsigned({ token, ...rest }) {
  return { ...rest, signed: token.slice(0, token.lastIndexOf(".")), length: token.length };
}

/** What came of a call: its value, or all that an error says. */
export function outcome(api, file, vector) {
  try {
    return { value: calls[file](api, vector) };
  } catch (error) {
    const isKeysError = error instanceof api.KeysError;
    return { error: { ...error, name: error.name, message: error.message, isKeysError } };
  }
}

/** The outcomes of all vectors: file → a list. */
export function outcomes(api, vectors) {
  return Object.fromEntries(
    Object.entries(vectors).map(([file, list]) => [
      file,
      list.map((vector) => outcome(api, file, vector)),
    ]),
  );
}

/** A token that is signed and verified here: what needs the host's randomness. */
export function roundTrip(api) {
  const { privateKey, publicKey } = api.generateKeyPair();
  const other = api.generateKeyPair();
  const token = new api.Signer(privateKey).sign({ iss: "localhost", sub: "someone" });
  const { identity } = new api.Verifier(publicKey).verify(token);
  const isOwn = identity === api.deriveIdentity("localhost", "someone");
  return { isOwn, differ: other.publicKey !== publicKey, token, publicKey };
}

/**
 * An issuer, a verifier that fetches its keys, and an exchange, in this host. `origin`: of a server that has the
 * set of `key` at `/jwks.json`, with `token` signed by it.
 */
export async function handlers(api, { origin, key, token }) {
  const issuer = `${origin}/app`;
  const subject = "someone";
  const answer = api.createIssuer({
    issuer,
    keys: [{ privateKey: key }],
    authorize: () => ({ subject }),
  });
  const ask = (path, init) => answer(new Request(issuer + path, init));
  const granted = await (await ask("/token", { method: "POST" })).json();
  const near = new api.RemoteVerifier(issuer, {
    audience: null,
    plainHttp: true,
    fetch: (url, init) => answer(new Request(url, { headers: init.headers })),
  });
  const far = new api.RemoteVerifier(origin, {
    audience: null,
    plainHttp: true,
    jwksUrl: `${origin}/jwks.json`,
  });
  const absent = { version: 1, keys: [], publishers: [] };
  const exchange = api.createExchange({ server: origin, privateKey: key, retiredKeys: absent });
  const health = await exchange(new Request(`${origin}/healthz`));
  return {
    minted: (await near.verify(granted.token)).identity === granted.identity,
    fetched: (await far.verify(token)).claims.sub,
    health: health.status,
  };
}

/** All that is asked of a host. */
export async function everything(api, { vectors, samples, server }) {
  return {
    outcomes: outcomes(api, vectors),
    samples: samples.map((sample) => outcome(api, "check", sample)),
    roundTrip: roundTrip(api),
    handlers: await handlers(api, server),
    names: Object.keys(api).sort(),
  };
}
