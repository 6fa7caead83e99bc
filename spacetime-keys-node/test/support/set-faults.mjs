// What can be wrong with the place of an issuer's set, and the two that verify with it: RemoteVerifier, and
// jose's remote set. The test asserts what each asks and answers, the bench takes the time.

import { createServer } from "node:http";

import * as jose from "jose";
import { RemoteVerifier, Signer, jwks } from "spacetime-keys";

import { ec, jwkOf, other, p256, rsa, thumbprintOf } from "./keys.mjs";
import { signByHand } from "./tokens.mjs";

const PATH = "/set";

/** Seconds: the same for both. */
const LIMITS = { timeout: 1, cooldown: 30, maxAge: 300 };

/** A function of a token, which throws where it does not hold. */
export const VERIFIERS = {
  ours: (place, limits) => {
    const options = { ...limits, audience: "app", jwksUrl: place.url + PATH };
    const remote = new RemoteVerifier(place.url, options);
    return (token) => remote.verify(token);
  },
  jose: (place, { timeout, cooldown, maxAge }) => {
    const set = jose.createRemoteJWKSet(new URL(place.url + PATH), {
      timeoutDuration: timeout * 1000,
      cooldownDuration: cooldown * 1000,
      cacheMaxAge: maxAge * 1000,
    });
    const wanted = { issuer: place.url, audience: "app", algorithms: ["ES256", "RS256"] };
    return (token) => jose.jwtVerify(token, set, wanted);
  },
};

/** A set's place on loopback. */
class Place {
  requests = 0;
  /** Of bodies without end, in bytes. */
  written = 0;
  /** What is answered next: the last of them from then on. */
  answers = [json(jwks(ec.publicKey))];
  #server = createServer((request, response) => {
    this.requests += 1;
    const isElsewhere = request.url !== PATH;
    const answer = isElsewhere ? this.elsewhere : this.answers[0];
    if (!isElsewhere && this.answers.length > 1) this.answers.shift();
    answer(response, this);
  });

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  stop() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  token(key = ec) {
    return new Signer(key.privateKey).sign({ iss: this.url, sub: "a", aud: "app" });
  }

  /** With a header of one's own. */
  byHand(key, header) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.url, sub: "a", aud: "app", iat: now, exp: now + 600 };
    return signByHand(key.privateKey, claims, header);
  }
}

const text = (body, type) => (response) =>
  response.writeHead(200, { "content-type": type }).end(body);
const json = (value) => text(JSON.stringify(value), "application/json");
const status = (code, headers) => (response) => response.writeHead(code, headers).end();
const later = (answer, milliseconds) => (response) => setTimeout(answer, milliseconds, response);
const silent = () => {};
const endless = (response, place) => {
  const chunk = Buffer.alloc(1 << 16, "x");
  const more = () => {
    while (!response.destroyed) {
      place.written += chunk.length;
      if (!response.write(chunk)) return response.once("drain", more);
    }
  };
  more();
};

const good = json(jwks(ec.publicKey));
const times = (count, make) => Array.from({ length: count }, (_, at) => make(at));
const strangers = times(20, () => p256());
/** A set in which one entry is changed. */
const withKeys = (...keys) => json({ keys });
const [mine] = jwks(ec.publicKey).keys;
const [theirs] = jwks(other.publicKey).keys;
const many = (count) => times(count, (at) => ({ ...theirs, kid: `k${at}` }));

/** Each: what is answered, which limits are others, and what comes: tokens in a list come at once. */
export const FAULTS = {
  "nothing is wrong, 50 at once": { tokens: (place) => [times(50, () => place.token())] },
  "slow: 300 ms, 50 at once": {
    answers: [later(good, 300)],
    tokens: (place) => [times(50, () => place.token())],
  },
  "silent: 20 at once, then 20 more": {
    answers: [silent],
    tokens: (place) => times(2, () => times(20, () => place.token())),
  },
  endless: { answers: [endless], tokens: (place) => [place.token()] },
  "cut in the middle, then good": {
    answers: [
      (response) => {
        response.writeHead(200, { "content-length": "1000" }).write("{");
        setTimeout(() => response.destroy(), 20);
      },
      good,
    ],
    tokens: (place) => [place.token(), place.token()],
  },
  "a login page": {
    answers: [text("<html></html>", "text/html")],
    tokens: (place) => [place.token()],
  },
  "a good set that calls itself text/plain": {
    answers: [text(JSON.stringify(jwks(ec.publicKey)), "text/plain")],
    tokens: (place) => [place.token()],
  },
  "a redirect to a good set": {
    answers: [status(302, { location: "/elsewhere" })],
    tokens: (place) => [place.token()],
  },
  "a redirect to itself": {
    answers: [status(302, { location: PATH })],
    tokens: (place) => [place.token()],
  },
  "500 once, then good": {
    answers: [status(500), good],
    tokens: (place) => [place.token(), place.token()],
  },
  "500 for good, 100 one by one": {
    answers: [status(500)],
    tokens: (place) => times(100, () => place.token()),
  },
  "the issuer goes away, 100 one by one": {
    limits: { maxAge: 0 },
    answers: [good, status(503)],
    tokens: (place) => times(100, () => place.token()),
  },
  "the issuer falls silent, 5 one by one": {
    limits: { maxAge: 0 },
    answers: [good, silent],
    tokens: (place) => times(5, () => place.token()),
  },
  "rotated, after the cool-down": {
    limits: { cooldown: 0 },
    answers: [good, json(jwks([ec.publicKey, other.publicKey]))],
    tokens: (place) => [place.token(), place.token(other), place.token()],
  },
  "rotated, within the cool-down": {
    answers: [good, json(jwks([ec.publicKey, other.publicKey]))],
    tokens: (place) => [place.token(), place.token(other), place.token()],
  },
  "1,000 unknown kids one by one": {
    tokens: (place) => {
      const unknown = strangers.map((key) => place.token(key));
      return [place.token(), ...times(1000, (at) => unknown[at % unknown.length]), place.token()];
    },
  },
  "1,000 unknown kids at once, cool-down over": {
    limits: { cooldown: 0 },
    tokens: (place) => {
      const unknown = strangers.map((key) => place.token(key));
      return [place.token(), times(1000, (at) => unknown[at % unknown.length])];
    },
  },
  "without use and alg": {
    answers: [withKeys({ ...jwkOf(ec.publicKey), kid: thumbprintOf(ec.publicKey) })],
    tokens: (place) => [place.token()],
  },
  "one kid twice, and the token's key is the first": {
    answers: [withKeys({ ...mine, kid: "k" }, { ...theirs, kid: "k" })],
    tokens: (place) => [place.byHand(ec, { kid: "k" })],
  },
  "one kid twice, and the token's key is the second": {
    answers: [withKeys({ ...theirs, kid: "k" }, { ...mine, kid: "k" })],
    tokens: (place) => [place.byHand(ec, { kid: "k" })],
  },
  "no kid in the token, one key": { tokens: (place) => [place.byHand(ec, {})] },
  "no kid in the token, two keys": {
    answers: [withKeys(theirs, mine)],
    tokens: (place) => [place.byHand(ec, {})],
  },
  "beside an entry that is no key": {
    answers: [withKeys({ kty: "EC", crv: "P-256", x: "AA", y: "AA", kid: "broken" }, mine)],
    tokens: (place) => [place.token()],
  },
  "beside keys of other kinds": {
    answers: [withKeys({ kty: "OKP", crv: "Ed25519", x: "A".repeat(43), kid: "ed" }, mine)],
    tokens: (place) => [place.token()],
  },
  "an RSA key of 2,048 bits": {
    answers: [],
    tokens: (place) => {
      const pair = rsa();
      place.answers = [json(jwks(pair.publicKey))];
      return [place.byHand(pair, { kid: thumbprintOf(pair.publicKey) })];
    },
  },
  "a set of 200 keys": {
    answers: [withKeys(...many(200), mine)],
    tokens: (place) => [place.token()],
  },
  "a set of 100,000 keys": {
    answers: [withKeys(...many(100_000), mine)],
    tokens: (place) => [place.token()],
  },
};

/** What a verifier made of a fault: requests, an answer for each step, bytes, milliseconds. */
export async function meet(make, { answers, limits, tokens, elsewhere = good }) {
  const place = await new Place().start();
  try {
    place.answers = answers?.slice() ?? [good];
    place.elsewhere = elsewhere;
    const steps = tokens(place);
    const verify = make(place, { ...LIMITS, ...limits });
    const outcome = (token) =>
      verify(token).then(
        () => "taken",
        () => "refused",
      );
    const began = performance.now();
    const outcomes = [];
    for (const step of steps) outcomes.push(await Promise.all([step].flat().map(outcome)));
    const took = performance.now() - began;
    const { requests, written } = place;
    return { requests, answers: summary(outcomes.flat()), written, took };
  } finally {
    await place.stop();
  }
}

/** `2 taken, 1 refused, …`: runs of the same. */
function summary(outcomes) {
  const runs = [];
  for (const outcome of outcomes) {
    if (runs.at(-1)?.outcome === outcome) runs.at(-1).count += 1;
    else runs.push({ outcome, count: 1 });
  }
  return runs.map(({ outcome, count }) => `${count} ${outcome}`).join(", ");
}
