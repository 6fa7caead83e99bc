// A connection to SpacetimeDB with somebody's token, by the npm package `spacetimedb`.
//
// With bindings (`spacetime generate`) all of this is a chain on the generated `DbConnection`; see
// the README. Here there are none, so that the example runs against any database.

import { DbConnectionBuilder } from "spacetimedb";

// What generated bindings hand to the builder, of a module of which nothing is used.
const REMOTE_MODULE = {
  tables: {},
  reducers: {},
  eventContextConstructor: (connection, event) => ({ ...connection, event }),
  dbViewConstructor: () => ({}),
  reducersConstructor: () => ({}),
  setReducerFlagsConstructor: () => ({}),
  versionInfo: { cliVersion: "1.6.1" },
};

/**
 * Opens a connection, and gives it when the database has said who the token's owner is.
 *
 * @returns `identity`, 64 hex digits, and `close`.
 * @throws An error in fixed words, when the token is refused or no connection comes about. The
 * package's own words stay out of it: runtimes put the address into them, which has a token in it.
 */
export async function connect({ url, database, token, deadline = 5000 }) {
  // Without a token, the database would invent a user.
  if (!token) throw new Error("no token");
  let connection;
  let timer;
  const opened = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error("the database does not answer")), deadline);
    connection = new DbConnectionBuilder(REMOTE_MODULE, (built) => built)
      .withUri(url)
      .withModuleName(database)
      .withToken(token)
      .onConnect((_, identity) => resolve(identity.toHexString()))
      .onConnectError((_, error) => reject(new Error(complaint(error))))
      .build();
  });
  const close = () => connection.disconnect();
  try {
    return { identity: await opened, close };
  } catch (error) {
    close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function complaint(error) {
  const refused = error instanceof Error && error.message.startsWith("Failed to verify token");
  return refused ? "the token was refused" : "the connection failed";
}
