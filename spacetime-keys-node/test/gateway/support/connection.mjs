// A stand-in for the class `DbConnection` of bindings and for the package behind it, with that package's habits: a
// connection that is lost says so by `onConnectError`, and rows come once more after `onApplied`.

export class StandIn {
  /** Every connection that was opened, the newest last. */
  connections = [];
  /** What connections find; by table. */
  rows = { document: [], viewer: [] };
  #arrivals = [];

  get DbConnection() {
    return { builder: () => new Builder(this) };
  }

  opened(connection) {
    this.connections.push(connection);
    for (const arrive of this.#arrivals.splice(0)) arrive();
  }

  /** The connection of this number, from 1 on, when it is there. */
  async connection(number) {
    while (this.connections.length < number) {
      await new Promise((resolve) => this.#arrivals.push(resolve));
    }
    return this.connections[number - 1];
  }
}

class Builder {
  told = {};
  handlers = {};
  #standIn;

  constructor(standIn) {
    this.#standIn = standIn;
    for (const name of ["Uri", "ModuleName", "Token", "Compression", "LightMode"]) {
      this[`with${name}`] = (value) => {
        this.told[name] = value;
        return this;
      };
    }
    for (const name of ["onConnect", "onConnectError", "onDisconnect"]) {
      this[name] = (handler) => {
        this.handlers[name] = handler;
        return this;
      };
    }
  }

  build() {
    const connection = new Connection(this.#standIn, this);
    this.#standIn.opened(connection);
    return connection;
  }
}

class Table {
  handlers = {};
  /** @param {() => object[]} rows */
  constructor(rows) {
    this.iter = rows;
    for (const name of ["onInsert", "onDelete", "onUpdate"]) {
      this[name] = (handler) => {
        this.handlers[name] = handler;
      };
    }
  }
}

class Connection {
  isClosed = false;
  /** Subscriptions that wait for their answer. */
  subscriptions = [];

  constructor(standIn, { told, handlers }) {
    this.told = told;
    this.handlers = handlers;
    this.standIn = standIn;
    this.db = {
      document: new Table(() => standIn.rows.document),
      viewer: new Table(() => standIn.rows.viewer),
    };
  }

  subscriptionBuilder() {
    const subscription = { unsubscribed: 0 };
    const builder = {
      onApplied: (handler) => {
        subscription.apply = handler;
        return builder;
      },
      onError: (handler) => {
        subscription.fail = handler;
        return builder;
      },
      subscribe: (queries) => {
        subscription.queries = queries;
        this.subscriptions.push(subscription);
        return { unsubscribe: () => (subscription.unsubscribed += 1) };
      },
    };
    return builder;
  }

  disconnect() {
    this.isClosed = true;
    // The package says so of its own closing, too.
    this.lose();
  }

  /** The server has taken the token, and says whose it is. */
  greet(identity) {
    this.handlers.onConnect(this, { toHexString: () => identity });
  }

  /** The server sends all rows. */
  apply() {
    this.subscriptions.shift().apply({});
    for (const row of this.standIn.rows.document)
      this.tell("document", "onInsert", [row], "SubscribeApplied");
  }

  /** A row has changed. */
  tell(table, what, rows, tag = "UnknownTransaction") {
    this.db[table].handlers[what]({ event: { tag } }, ...rows);
  }

  lose() {
    const address = { target: { url: "ws://db/subscribe?token=secret" }, type: "close" };
    this.handlers.onConnectError({}, address);
  }
}

const identity = (hex) => ({ toHexString: () => hex });

/** Rows as bindings have them. */
export const documentRow = (id, tenantId, version = 1) => ({
  id: BigInt(id),
  tenantId,
  title: `title ${id}`,
  body: "",
  version,
  changedBy: identity("c2"),
  changedAt: { toDate: () => new Date(1_700_000_000_000) },
});
export const viewerRow = (id, tenantId, hex) => ({
  id: BigInt(id),
  tenantId,
  identity: identity(hex),
});
