"use strict";
// An issuer's keys, fetched where servers look for them, kept for a while, and tokens held against
// them. Where the way leads, and what a set is, the core says; requests and time are here.

const body = require("./body.js");
const check = require("./check.js");
const { attempt, keysError } = require("./errors.js");
const addon = require("./native.js");
const { Verifier } = require("./verifier.js");

/** Seconds for which an issuer that does not answer is left in peace. One failure may be a hiccup. */
const PAUSE = 1;
const HICCUPS = 1;

/** A `kid` that is in no set that is known may be that of a newer one. */
const UNKNOWN_KEY = "ERR_TOKEN_KEY_UNKNOWN";

/** The largest body that is read, in bytes. */
const LARGEST = addon.largestSet();

/** No cookies. Where requests have none at all, the option is an error. */
const ANONYMOUS = "credentials" in Request.prototype ? { credentials: "omit" } : {};

const ACCEPT = "application/jwk-set+json, application/json";

const readOptions = check.fields(
  {
    audience: check.orNull(check.text),
    algorithm: check.oneOf("ES256", "RS256"),
    leeway: check.seconds,
    cache: check.count(100_000),
    jwksUrl: check.text,
    plainHttp: check.flag,
    maxAge: check.seconds,
    maxStale: check.seconds,
    cooldown: check.seconds,
    timeout: check.seconds,
    fetch: check.func,
  },
  { plainHttp: false, maxAge: 300, maxStale: 3600, cooldown: 30, timeout: 5, fetch: undefined },
);
const moment = check.fields({ now: check.time });
const tokenList = check.list(check.text);

/** Seconds that no clock turns back. */
const clock = () => performance.now() / 1000;

class RemoteVerifier {
  #wish;
  #limits;
  #search;
  #fetch;
  /** The last good set, and what it was made into. */
  #json = null;
  #verifier = null;
  #fetchedAt = -Infinity;
  /** The last question, however it was answered. */
  #askedAt = -Infinity;
  #asking = null;
  /** Questions in a row that failed, the last one's error, and when that was. */
  #failures = 0;
  #failure = null;
  #failedAt = -Infinity;

  constructor(issuer, options) {
    check.text(issuer, "issuer");
    const { maxAge, maxStale, cooldown, timeout, jwksUrl, plainHttp, fetch, ...rest } = readOptions(
      options,
      "options",
    );
    const wish = check.own(rest);
    if (wish.audience === undefined) {
      check.fail("options.audience", "must be a string, or null so that no audience is compared");
    }
    this.#wish = { ...wish, issuer };
    this.#limits = { maxAge, maxStale, cooldown, timeout };
    this.#search = () => attempt(() => new addon.KeySearch(issuer, jwksUrl, plainHttp));
    this.#fetch = fetch ?? globalThis.fetch;
    // What is wrong with a URL is told at once.
    this.#search();
  }

  async verify(token, options) {
    check.text(token, "token");
    const time = moment(options, "options");
    const verifier = await this.#known();
    try {
      return verifier.verify(token, time);
    } catch (error) {
      if (error?.code !== UNKNOWN_KEY || !this.#mayAsk()) throw error;
    }
    return (await this.#ask()).verify(token, time);
  }

  async verifyMany(tokens, options) {
    const list = tokenList(tokens, "tokens");
    const time = moment(options, "options");
    const results = await (await this.#known()).verifyManyAsync(list, time);
    const isUnknown = ({ error }) => error?.code === UNKNOWN_KEY;
    if (!results.some(isUnknown) || !this.#mayAsk()) return results;
    return (await this.#ask()).verifyManyAsync(list, time);
  }

  async refresh() {
    await this.#ask();
  }

  /** A verifier by a set that is not too old. */
  async #known() {
    const age = clock() - this.#fetchedAt;
    if (age < this.#limits.maxAge) return this.#verifier;
    // An issuer that is away for a while locks nobody out who has a good token.
    const last = this.#verifier !== null && age < this.#limits.maxStale ? this.#verifier : null;
    const isPausing = this.#failures > HICCUPS && clock() - this.#failedAt < PAUSE;
    if (isPausing && this.#asking === null) {
      if (last !== null) return last;
      throw this.#failure;
    }
    const asking = this.#ask();
    if (last === null) return asking;
    const instead = asking.catch(() => last);
    // Once it is known to be away, nobody waits for it: it is asked beside.
    return this.#failures > 0 ? last : instead;
  }

  /** A thousand tokens with made-up `kid`s do not make a thousand requests. */
  #mayAsk() {
    return this.#asking !== null || clock() - this.#askedAt >= this.#limits.cooldown;
  }

  /** Asks for the set: once for all that wait for it. */
  #ask() {
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #renew() {
    this.#askedAt = clock();
    try {
      const json = await this.#get();
      // A verifier remembers good tokens: the same keys make the same one.
      if (json !== this.#json) {
        this.#verifier = Verifier.fromJwks(json, this.#wish);
        this.#json = json;
      }
      this.#fetchedAt = clock();
      this.#failures = 0;
      return this.#verifier;
    } catch (error) {
      this.#failures += 1;
      this.#failure = error;
      this.#failedAt = clock();
      throw error;
    }
  }

  /** The text of the set. */
  async #get() {
    const search = this.#search();
    const signal = AbortSignal.timeout(this.#limits.timeout * 1000);
    for (;;) {
      const response = await this.#request(search.url, signal);
      if (response.type === "opaqueredirect") {
        throw failed(search.url, "it redirects, and a browser does not say where to");
      }
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        const location = response.headers.get("location");
        if (location === null) throw failed(search.url, `it answers ${response.status}`);
        if (!attempt(() => search.moved(location))) {
          throw failed(search.url, "it redirects too often");
        }
        continue;
      }
      if (response.status !== 200) {
        await response.body?.cancel();
        throw failed(search.url, `it answers ${response.status}`);
      }
      const bytes = await this.#bytes(response, search, signal);
      if (attempt(() => search.answered(bytes))) return body.text(bytes);
    }
  }

  async #request(url, signal) {
    try {
      const headers = { accept: ACCEPT };
      // Not as a method: a browser's `fetch` refuses to be one.
      const fetch = this.#fetch;
      return await fetch(url, { headers, redirect: "manual", signal, ...ANONYMOUS });
    } catch {
      throw failed(url, signal.aborted ? "no answer in time" : "no connection");
    }
  }

  async #bytes(response, search, signal) {
    let bytes;
    try {
      bytes = await body.read(response.body, LARGEST);
    } catch {
      throw failed(search.url, signal.aborted ? "no answer in time" : "the connection broke");
    }
    if (bytes === null) throw failed(search.url, "its answer is larger than a set may be");
    return bytes;
  }
}

/** The URL is the caller's, or one that the issuer has named. What is behind `?` may be a secret. */
function failed(url, why) {
  const { origin, pathname } = new URL(url);
  return keysError({
    code: "ERR_JWKS_FETCH",
    message: `${origin}${pathname}: ${why}`,
    hint: "ask for it by hand: `spacetime-keys jwks lint URL` says what is wrong",
  });
}

module.exports = { RemoteVerifier };
