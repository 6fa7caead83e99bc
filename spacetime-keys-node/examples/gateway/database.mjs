// The gateway's one connection to the database: a robot that reads. It is renewed before its token expires and
// after it is lost, each time with a new token, and what it reads becomes the projection's.

import { Backoff } from "./backoff.mjs";
import { Feed } from "./feed.mjs";

export class Database {
  #options;
  #backoff;
  /** The one that is read, and the one that is being opened: to be the first, or to take its place. */
  #serving = null;
  #opening = null;
  #retry = null;
  #renewal = null;
  #isStopped = false;

  /**
   * Times are milliseconds.
   *
   * @param {object} options
   * @param {any} options.DbConnection The bindings' class.
   * @param {string} options.url @param {string} options.database
   * @param {(ttl: number) => { token: string, identity: string }} options.mint A new token of the robot's.
   * @param {import("./projection.mjs").Projection} options.projection
   * @param {number} options.lifetime Seconds that a token for the connection lives.
   * @param {number} [options.renewBefore] So long before its token's end a connection is replaced.
   * @param {number} [options.deadline] A connection must have all rows in so long, and answer in so long.
   * @param {number} [options.probeEvery] An open connection is asked for an answer so often.
   * @param {Backoff} [options.backoff]
   * @param {(line: string) => void} [options.log]
   */
  constructor(options) {
    this.#options = {
      renewBefore: 60_000,
      deadline: 10_000,
      probeEvery: 15_000,
      log: console.log,
      ...options,
    };
    this.#backoff = options.backoff ?? new Backoff();
  }

  /** Whether the rows are the present ones. */
  get isConnected() {
    return this.#serving !== null;
  }

  start() {
    this.#open();
  }

  /** For good. */
  stop() {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#renewal);
    this.#serving?.close();
    this.#opening?.close();
    this.#serving = null;
    this.#opening = null;
  }

  #open() {
    const { mint, lifetime, projection, log, ...connection } = this.#options;
    const { token, identity } = mint(lifetime);
    const feed = new Feed({
      ...connection,
      token,
      identity,
      // From here on the one before is not heard: what it would say later is in the new one's rows.
      onOpen: () => this.#drop(),
      onRows: (documents, viewers) => {
        this.#opening = null;
        this.#serving = feed;
        projection.replace(documents, viewers);
        this.#backoff.reset();
        this.#planRenewal();
        log("database connected");
      },
      onChanges: (changes) => projection.apply(changes),
      onLost: (reason) => this.#lose(feed, reason),
    });
    this.#opening = feed;
    feed.open();
  }

  #drop() {
    this.#serving?.close();
    this.#serving = null;
  }

  #lose(feed, reason) {
    if (this.#isStopped) return;
    this.#options.log(`database ${feed === this.#serving ? "lost" : "not reached"}: ${reason}`);
    if (feed === this.#serving) this.#serving = null;
    if (feed === this.#opening) this.#opening = null;
    // One that is being opened is the next try already.
    if (this.#opening === null) this.#tryLater();
  }

  #tryLater() {
    clearTimeout(this.#retry);
    clearTimeout(this.#renewal);
    this.#retry = setTimeout(() => this.#open(), this.#backoff.next());
  }

  /** Servers leave a connection open whose token has expired. A gateway that is revoked must not rely on that. */
  #planRenewal() {
    const { lifetime, renewBefore } = this.#options;
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => this.#open(), lifetime * 1000 - renewBefore);
  }
}
