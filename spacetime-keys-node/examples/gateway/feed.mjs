// One connection of the package `@clockworklabs/spacetimedb-sdk` 1.3.3, from its opening to its end, and what
// there is to know about that package: each of these was met.
//
// - A lost connection comes as `onConnectError`, not as `onDisconnect`, and `isActive` stays true.
// - An error's object may hold the connection's address, which has a token in it: none is ever printed.
// - Messages that are compressed are unpacked aside, and a short one may overtake a long one. So: no compression.
// - A callback that throws stops all messages after it, without a word.
// - All rows are there in `onApplied`; after it comes each of them once more, as an insert.

import { toDocument, toViewer } from "./rows.mjs";

const QUERIES = ["SELECT * FROM document", "SELECT * FROM viewer"];
/** Nothing: `auto_inc` begins at 1. What counts is the answer. */
const PROBE = "SELECT * FROM viewer WHERE id = 0";

export class Feed {
  #options;
  #connection = null;
  #deadline = null;
  #probe = null;
  #isOver = false;
  #changes = [];

  /**
   * @param {object} options
   * @param {any} options.DbConnection @param {string} options.url @param {string} options.database
   * @param {string} options.token @param {string} options.identity Whose token it is.
   * @param {number} options.deadline @param {number} options.probeEvery Milliseconds.
   * @param {() => void} options.onOpen Before rows are asked for.
   * @param {(documents: object[], viewers: object[]) => void} options.onRows All that there are.
   * @param {(changes: import("./projection.mjs").Change[]) => void} options.onChanges A transaction's, at once.
   * @param {(reason: string) => void} options.onLost Once, unless it was closed. The words are fixed ones.
   */
  constructor(options) {
    this.#options = options;
  }

  open() {
    const { DbConnection, url, database, token } = this.#options;
    this.#expectAnswer("it does not answer");
    const lost = () => this.#lose("the connection ended");
    this.#connection = DbConnection.builder()
      .withUri(url)
      .withModuleName(database)
      .withToken(token)
      .withCompression("none")
      // Without it, the arguments of everybody's reducers would come along.
      .withLightMode(true)
      .onConnect((connection, identity) => this.#guard(() => this.#begin(connection, identity)))
      .onConnectError(lost)
      .onDisconnect(lost)
      .build();
  }

  close() {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#probe);
    this.#connection?.disconnect();
  }

  #begin(connection, identity) {
    if (identity.toHexString() !== this.#options.identity) {
      return this.#lose("it takes the robot for somebody else");
    }
    this.#options.onOpen();
    this.#watch(connection.db.document, "document", toDocument);
    this.#watch(connection.db.viewer, "viewer", toViewer);
    this.#subscribe(QUERIES, () => {
      const documents = [...connection.db.document.iter()].map(toDocument);
      const viewers = [...connection.db.viewer.iter()].map(toViewer);
      this.#options.onRows(documents, viewers);
      this.#planProbe();
    });
  }

  #watch(table, name, convert) {
    const note = ({ event }, before, after) => {
      if (event.tag === "SubscribeApplied") return;
      const row = (value) => value && convert(value);
      this.#note({ table: name, before: row(before), after: row(after) });
    };
    table.onInsert((context, row) => this.#guard(() => note(context, undefined, row)));
    table.onDelete((context, row) => this.#guard(() => note(context, row, undefined)));
    // A table without rows that have a key has no updates.
    table.onUpdate?.((context, from, to) => this.#guard(() => note(context, from, to)));
  }

  /** The rows of a transaction come one by one, in one turn: they are passed on together, at its end. */
  #note(change) {
    this.#changes.push(change);
    if (this.#changes.length > 1) return;
    queueMicrotask(() => {
      const changes = this.#changes;
      this.#changes = [];
      this.#guard(() => this.#options.onChanges(changes));
    });
  }

  #subscribe(queries, onApplied) {
    return this.#connection
      .subscriptionBuilder()
      .onApplied(() =>
        this.#guard(() => {
          clearTimeout(this.#deadline);
          onApplied();
        }),
      )
      .onError(() => this.#lose("the subscription was refused"))
      .subscribe(queries);
  }

  /** A peer that has vanished closes nothing. Only an answer on this very connection shows that it lives. */
  #planProbe() {
    this.#probe = setTimeout(() => {
      this.#expectAnswer("it answers no more");
      const subscription = this.#subscribe([PROBE], () => {
        subscription.unsubscribe();
        this.#planProbe();
      });
    }, this.#options.probeEvery);
  }

  #expectAnswer(complaint) {
    this.#deadline = setTimeout(() => this.#lose(complaint), this.#options.deadline);
  }

  /** Nothing of a connection that is over, and no throw into the package. */
  #guard(body) {
    if (this.#isOver) return;
    try {
      body();
    } catch {
      this.#lose("its rows could not be read");
    }
  }

  #lose(reason) {
    if (this.#isOver) return;
    this.close();
    this.#options.onLost(reason);
  }
}
