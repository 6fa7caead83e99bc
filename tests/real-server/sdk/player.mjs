// A player: the unchanged SDK, with a token on standard input. Says who the server takes it for.
//
//   node player.mjs URI DATABASE < token

import { text } from "node:stream/consumers";
import { DbConnectionBuilder } from "spacetimedb";

const [uri, database] = process.argv.slice(2);
const token = (await text(process.stdin)).trim();
// As `spacetime generate` writes it for a module without tables and reducers.
const module = {
  tables: {},
  reducers: {},
  eventContextConstructor: (connection, event) => ({ ...connection, event }),
  dbViewConstructor: () => ({}),
  reducersConstructor: () => ({}),
  setReducerFlagsConstructor: () => ({}),
  versionInfo: { cliVersion: "1.6.1" },
};

function end(said, code) {
  // The last line: the SDK prints, too.
  console.log(JSON.stringify(said));
  process.exit(code);
}

new DbConnectionBuilder(module, (connection) => connection)
  .withUri(uri)
  .withModuleName(database)
  .withToken(token || undefined)
  .onConnect((_, identity) => end({ identity: identity.toHexString() }, 0))
  .onConnectError(() => end({ identity: null }, 1))
  .build();
process.on("unhandledRejection", () => end({ identity: null }, 1));
