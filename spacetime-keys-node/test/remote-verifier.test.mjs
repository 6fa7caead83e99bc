// RemoteVerifier before issuers that rotate, hang, redirect and lie. Requests are counted: nobody's
// token makes more of them than they should be.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, describe, it } from "node:test";

import * as jose from "jose";
import { RemoteVerifier, Signer, jwks, openidConfiguration } from "spacetime-keys";

import { keysError, keysRejection } from "./support/errors.mjs";
import { ec, other, p256 } from "./support/keys.mjs";

const SET = "/.well-known/jwks.json";
const DOCUMENT = "/.well-known/openid-configuration";
/** What is said of each token besides. */
const trusting = { audience: "app" };

/** An issuer on loopback. `answers`: what a path is answered, in the place of what is right. */
class Issuer {
  keys = [ec.publicKey];
  answers = {};
  asked = [];

  async start() {
    this.server = createServer((request, response) => {
      this.asked.push(request.url);
      const answer = this.answers[request.url] ?? this.#right(request.url);
      answer(response);
    });
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  #right(path) {
    if (path === SET) return json(jwks(this.keys));
    if (path === DOCUMENT) return json(openidConfiguration(this.url, this.keys));
    return status(404);
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  /** A token of a key of this issuer. */
  token(key = ec, more = {}) {
    return new Signer(key.privateKey).sign({ iss: this.url, sub: "a", aud: "app", ...more });
  }
}

const json = (value) => (response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
};
const status = (code, headers) => (response) => response.writeHead(code, headers).end("no");
const text = (body, type) => (response) =>
  response.writeHead(200, { "content-type": type }).end(body);
/** A body that never ends. */
const endless = (response) => {
  const more = () => {
    while (!response.destroyed && response.write("x".repeat(1 << 16)));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
};
const silent = () => {};
const hangingUp = (response) => response.destroy();

let issuer;
let away;
before(async () => {
  issuer = await new Issuer().start();
});
after(() => issuer.stop());
beforeEach(() => {
  Object.assign(issuer, { keys: [ec.publicKey], answers: {}, asked: [] });
  away = new RemoteVerifier(issuer.url, trusting);
});

describe("RemoteVerifier", () => {
  it("fetches once, for all that wait, and verifies as a Verifier does", async () => {
    const token = issuer.token();
    const all = await Promise.all(Array.from({ length: 50 }, () => away.verify(token)));
    assert.deepEqual(issuer.asked, [DOCUMENT, SET]);
    for (const { claims, identity } of all) {
      assert.equal(claims.sub, "a");
      assert.match(identity, /^c200[0-9a-f]{60}$/);
    }
    const many = await away.verifyMany([token, issuer.token(other), token]);
    assert.deepEqual(
      many.map(({ ok }) => ok),
      [true, false, true],
    );
    assert.deepEqual(issuer.asked, [DOCUMENT, SET], "what is fresh is not fetched");
    // jose, with the same keys, says the same.
    const set = jose.createRemoteJWKSet(new URL(issuer.url + SET));
    const { payload } = await jose.jwtVerify(token, set, { issuer: issuer.url, audience: "app" });
    assert.deepEqual(payload, all[0].claims);
  });

  it("holds tokens against issuer, audience and time", async () => {
    await keysRejection(
      away.verify(issuer.token(ec, { iss: "https://other.example" })),
      "ERR_TOKEN_UNEXPECTED_ISSUER",
    );
    await keysRejection(
      away.verify(issuer.token(ec, { aud: "another" })),
      "ERR_TOKEN_UNEXPECTED_AUDIENCE",
    );
    const old = new Signer(ec.privateKey).sign(
      { iss: issuer.url, sub: "a", aud: "app" },
      { now: 1_000, ttl: 60 },
    );
    await keysRejection(away.verify(old), "ERR_TOKEN_EXPIRED");
    assert.ok(await away.verify(old, { now: 1_010 }));
  });

  it("fetches once more for a key that was published since, and a thousand made-up ones cause nothing", async () => {
    const quick = new RemoteVerifier(issuer.url, { ...trusting, cooldown: 0 });
    await Promise.all([away.verify(issuer.token()), quick.verify(issuer.token())]);
    issuer.keys = [ec.publicKey, other.publicKey];
    issuer.asked = [];
    assert.ok(await quick.verify(issuer.token(other)));
    assert.deepEqual(issuer.asked, [DOCUMENT, SET]);

    // Within the cool-down nothing is asked, for any token.
    issuer.asked = [];
    const strangers = Array.from({ length: 50 }, () => issuer.token(p256()));
    const results = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, at) => away.verify(strangers[at % 50])),
    );
    assert.ok(results.every(({ reason }) => reason?.code === "ERR_TOKEN_KEY_UNKNOWN"));
    assert.deepEqual(issuer.asked, []);
  });

  it("takes a withdrawn key no longer than its time", async () => {
    const strict = new RemoteVerifier(issuer.url, { ...trusting, maxAge: 0, cache: 100 });
    const token = issuer.token();
    assert.ok(await strict.verify(token));
    assert.ok(await strict.verify(token), "remembered");
    issuer.keys = [other.publicKey];
    await keysRejection(strict.verify(token), "ERR_TOKEN_KEY_UNKNOWN");
    assert.ok(
      await away.verify(issuer.token(other)),
      "a set that is fetched first is the present one",
    );
    issuer.keys = [ec.publicKey];
    await away.refresh();
    assert.ok(await away.verify(token));
  });

  it("lives for a while with an issuer that is away, and asks it not at each token", async () => {
    const patient = new RemoteVerifier(issuer.url, { ...trusting, maxAge: 0 });
    const strict = new RemoteVerifier(issuer.url, { ...trusting, maxAge: 0, maxStale: 0 });
    const token = issuer.token();
    await Promise.all([patient.verify(token), strict.verify(token)]);
    issuer.answers[DOCUMENT] = status(503);
    issuer.asked = [];
    for (let count = 0; count < 100; count += 1) assert.ok(await patient.verify(token));
    assert.ok(issuer.asked.length < 20, `${issuer.asked.length} requests for 100 tokens`);
    const { message } = await keysRejection(strict.verify(token), "ERR_JWKS_FETCH");
    assert.match(message, /it answers 503$/);
    issuer.answers = {};
    await strict.refresh();
    assert.ok(await strict.verify(token), "and back");
  });

  it("lets nobody wait for an issuer that is known to be away, and has its next set when it is back", async () => {
    let isAway = false;
    const hung = [];
    const reaches = (url, { signal, ...init }) => {
      if (!isAway) return fetch(url, { signal, ...init });
      return new Promise((_, reject) => {
        hung.push(signal);
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    };
    const limits = { maxAge: 0, timeout: 1, fetch: reaches };
    const patient = new RemoteVerifier(issuer.url, { ...trusting, ...limits });
    const token = issuer.token();
    await patient.verify(token);
    isAway = true;
    assert.ok(await patient.verify(token), "the first waits, and has the last set then");
    assert.deepEqual(
      hung.map(({ aborted }) => aborted),
      [true],
    );
    assert.ok(await patient.verify(token), "the next does not wait");
    assert.deepEqual(
      hung.map(({ aborted }) => aborted),
      [true, false],
      "it is asked beside",
    );

    isAway = false;
    issuer.keys = [ec.publicKey, other.publicKey];
    await patient.refresh().catch(() => patient.refresh());
    assert.ok(await patient.verify(issuer.token(other)));
  });

  it("takes one failure for a hiccup, and a second one for an answer", async () => {
    const token = issuer.token();
    issuer.answers[SET] = status(500);
    await keysRejection(away.verify(token), "ERR_JWKS_FETCH");
    issuer.answers = {};
    assert.ok(await away.verify(token), "asked again at once");

    const strict = new RemoteVerifier(issuer.url, trusting);
    issuer.answers[SET] = status(500);
    issuer.asked = [];
    for (let count = 0; count < 2; count += 1) {
      await keysRejection(strict.verify(token), "ERR_JWKS_FETCH");
    }
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, () => strict.verify(token)),
    );
    assert.ok(results.every(({ reason }) => reason?.code === "ERR_JWKS_FETCH"));
    assert.ok(issuer.asked.length <= 8, `${issuer.asked.length} requests`);
  });

  it("says what came in the place of a set, and reads nothing without bounds", async () => {
    const short = () => new RemoteVerifier(issuer.url, { ...trusting, timeout: 1 });
    const cases = [
      [SET, status(404), "ERR_JWKS_FETCH", /it answers 404/],
      [DOCUMENT, status(500), "ERR_JWKS_FETCH", /it answers 500/],
      [DOCUMENT, silent, "ERR_JWKS_FETCH", /no answer in time/],
      [SET, hangingUp, "ERR_JWKS_FETCH", /no connection|connection broke/],
      [SET, endless, "ERR_JWKS_FETCH", /larger than a set may be/],
      [DOCUMENT, text("<html>log in</html>", "text/html"), "ERR_JWKS_DISCOVERY", /./],
      [SET, text("<html>log in</html>", "text/html"), "ERR_JWKS_MALFORMED", /./],
      [SET, json({ keys: [] }), "ERR_JWKS_NO_KEYS", /./],
      [
        DOCUMENT,
        json({ issuer: "https://other.example", jwks_uri: `${issuer.url}${SET}` }),
        "ERR_TOKEN_DISCOVERY_ISSUER",
        /./,
      ],
      [
        DOCUMENT,
        json({ issuer: issuer.url, jwks_uri: "http://192.0.2.1/jwks" }),
        "ERR_JWKS_PLAIN_HTTP",
        /./,
      ],
      [
        DOCUMENT,
        json({ issuer: issuer.url, jwks_uri: "https://a:b@host.example/jwks" }),
        "ERR_JWKS_URL_DANGER",
        /./,
      ],
    ];
    for (const [path, answer, code, pattern] of cases) {
      issuer.answers = { [path]: answer };
      const { message } = await keysRejection(short().verify(issuer.token()), code);
      assert.match(message, pattern, code);
      assert.ok(!message.includes("log in"), "nothing of the answer is repeated");
    }
  });

  it("follows redirects as far as they are safe", async () => {
    issuer.answers[DOCUMENT] = status(302, { location: "/elsewhere" });
    issuer.answers["/elsewhere"] = json(openidConfiguration(issuer.url, issuer.keys));
    assert.ok(await away.verify(issuer.token()));

    issuer.answers[SET] = status(302, { location: SET });
    const round = new RemoteVerifier(issuer.url, trusting);
    assert.match(
      (await keysRejection(round.verify(issuer.token()), "ERR_JWKS_FETCH")).message,
      /too often/,
    );
    issuer.answers[SET] = status(302);
    const nowhere = new RemoteVerifier(issuer.url, trusting);
    assert.match(
      (await keysRejection(nowhere.verify(issuer.token()), "ERR_JWKS_FETCH")).message,
      /answers 302/,
    );

    // From https to http, by what stands for the network.
    const steps = { "https://a.example/keys": ["http://127.0.0.1/keys"] };
    const fetched = async (url) => {
      const location = steps[url]?.[0];
      return new Response(null, { status: 307, headers: { location } });
    };
    const down = new RemoteVerifier("https://a.example", {
      ...trusting,
      jwksUrl: "https://a.example/keys",
      fetch: fetched,
    });
    await keysRejection(down.verify(issuer.token()), "ERR_JWKS_URL_DANGER");
  });

  it("takes the set's own URL, and a fetch of the caller's", async () => {
    const direct = new RemoteVerifier(issuer.url, { ...trusting, jwksUrl: issuer.url + SET });
    assert.ok(await direct.verify(issuer.token()));
    assert.deepEqual(issuer.asked, [SET]);
    const requests = [];
    const own = new RemoteVerifier("https://a.example", {
      audience: null,
      fetch: async (url, { headers, redirect, credentials }) => {
        requests.push([url, headers.accept, redirect, credentials]);
        const isSet = url.endsWith(SET);
        return Response.json(
          isSet ? jwks(ec.publicKey) : openidConfiguration("https://a.example", ec.publicKey),
        );
      },
    });
    assert.ok(await own.verify(issuer.token(ec, { iss: "https://a.example" })));
    assert.deepEqual(
      requests.map(([url]) => url),
      [`https://a.example${DOCUMENT}`, `https://a.example${SET}`],
    );
    assert.deepEqual(requests[0].slice(1), [
      "application/jwk-set+json, application/json",
      "manual",
      "omit",
    ]);
  });

  it("says at once what can never work", () => {
    const refused = [
      ["localhost", "ERR_ISSUER_URL"],
      ["https://user@a.example", "ERR_ISSUER_URL"],
      ["http://192.0.2.1", "ERR_JWKS_PLAIN_HTTP"],
      ["https://a.example/?x", "ERR_ISSUER_URL"],
    ];
    for (const [name, code] of refused) {
      keysError(() => new RemoteVerifier(name, trusting), code, name);
    }
    assert.ok(new RemoteVerifier("http://192.0.2.1", { ...trusting, plainHttp: true }));
    assert.throws(() => new RemoteVerifier("https://a.example"), /audience/);
    assert.throws(() => new RemoteVerifier("https://a.example", {}), /null so that no audience/);
    const secret = { ...trusting, jwksUrl: "https://user:canary@a.example/keys" };
    const make = () => new RemoteVerifier("https://a.example", secret);
    assert.ok(!keysError(make, "ERR_JWKS_URL_DANGER").message.includes("canary"));
  });
});
