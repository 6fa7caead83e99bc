// A client of the SDK with an open subscription: what it holds, and all that it was told since.

import assert from "node:assert/strict";

/** Far more than any wait needs, so that a busy machine is no failed test. */
const DEADLINE = 120_000;

export class Subscriber {
  #connection;
  #waiting = new Set();
  /** `insert`, `update` and `delete` after the first rows, with the document and the reducer behind it. */
  changes = [];

  /** Thrown is what the server says of the connection, or of the subscription. */
  static open(DbConnection, { uri, database, token, queries }) {
    const subscriber = new Subscriber();
    const { promise, resolve, reject } = deferred();
    const late = setTimeout(() => reject(new Error("the subscription does not come")), DEADLINE);
    subscriber.#connection = DbConnection.builder()
      .withUri(uri)
      .withModuleName(database)
      .withToken(token)
      .onConnectError(() => reject(new Error("the connection was refused")))
      .onConnect((connection) => {
        connection
          .subscriptionBuilder()
          .onApplied(() => resolve(subscriber))
          .onError((context) => reject(new Error(context.event?.message ?? "refused")))
          .subscribe(queries);
      })
      .build();
    subscriber.#listen();
    return promise.finally(() => clearTimeout(late));
  }

  /** The titles of the documents that it holds, in their order. */
  get titles() {
    return [...this.#connection.db.document.iter()].map(({ title }) => title).sort();
  }

  get tenants() {
    return [...new Set([...this.#connection.db.document.iter()].map((row) => row.tenantId))].sort();
  }

  get viewers() {
    return [...this.#connection.db.viewer.iter()];
  }

  /** Waits until this is true of it. */
  async until(isTrue) {
    if (isTrue(this)) return;
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`waited in vain for ${isTrue}`)), DEADLINE);
      const look = () => {
        if (!isTrue(this)) return;
        clearTimeout(late);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  close() {
    this.#connection.disconnect();
  }

  #listen() {
    const { document, viewer } = this.#connection.db;
    const told = (kind, { event }, row) => {
      // The first rows come with the subscription.
      if (event.tag === "Reducer") this.changes.push({ kind, row, reducer: event.value.reducer });
      assert.ok(row);
      for (const look of [...this.#waiting]) look();
    };
    document.onInsert((context, row) => told("insert", context, row));
    document.onUpdate((context, _, row) => told("update", context, row));
    document.onDelete((context, row) => told("delete", context, row));
    viewer.onInsert((context, row) => told("viewer", context, row));
    viewer.onDelete((context, row) => told("no viewer", context, row));
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
