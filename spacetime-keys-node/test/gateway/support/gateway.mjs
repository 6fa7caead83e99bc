// The gateway's parts with sessions, keys and a projection that a test fills, and reducers that note what they
// are asked.

import { createIssuer, deriveIdentity, generateKeyPair } from "spacetime-keys";

import { ApiKeys, makeApiKey } from "../../../examples/gateway/api-keys.mjs";
import { Broker } from "../../../examples/gateway/broker.mjs";
import { gatewayRoutes } from "../../../examples/gateway/gateway.mjs";
import { Projection } from "../../../examples/gateway/projection.mjs";
import { EventStreams } from "../../../examples/gateway/stream.mjs";
import { createRouter } from "../../../examples/tokens/http.mjs";
import { Sessions } from "../../../examples/tokens/sessions.mjs";

export const ISSUER = "http://127.0.0.1:3000";
export const identityOf = (subject) => deriveIdentity(ISSUER, subject);
export const pair = generateKeyPair();

const { mint } = createIssuer({ issuer: ISSUER, keys: [{ privateKey: pair.privateKey }] });

/** @param options Of the streams. */
export function makeGateway(options = {}) {
  const users = new Map(["u_1", "u_2", "u_3"].map((id) => [id, { id, mayConnect: id !== "u_3" }]));
  const { key, entry } = makeApiKey("importer", "acme");
  const sessions = new Sessions(false);
  const apiKeys = new ApiKeys([entry]);
  const broker = new Broker({
    mint,
    issuer: ISSUER,
    sessions,
    apiKeys,
    findUser: (id) => users.get(id) ?? null,
  });
  const streams = new EventStreams(options);
  const projection = new Projection({
    robot: broker.robot,
    onRevoked: (tenant, identity) => streams.revoke(tenant, identity),
  });
  const calls = [];
  const reducers = {
    refusal: null,
    async writeDocument(token, write) {
      calls.push({ token, write });
      if (this.refusal) throw this.refusal;
    },
  };
  const lines = [];
  const log = { log: (line) => lines.push(line), error: (line) => lines.push(line) };
  const state = { isConnected: true };
  const parts = { projection, streams, broker, reducers, isConnected: () => state.isConnected };
  const gateway = createRouter(gatewayRoutes(parts), { origin: ISSUER, log });
  const cookieOf = (user) => sessions.begin(user).split(";", 1)[0];
  return {
    ...{ gateway, broker, sessions, apiKeys, users, streams, projection, reducers },
    ...{ calls, lines, state, key, cookieOf },

    /** Fills it: alice (u_1) is in acme, bob (u_2) in both, and so is the robot. */
    fill() {
      projection.replace(
        [this.document("1", "acme"), this.document("2", "globex")],
        [
          ["acme", broker.robot],
          ["globex", broker.robot],
          ["acme", identityOf("u_1")],
          ["acme", identityOf("u_2")],
          ["globex", identityOf("u_2")],
        ].map(([tenant, identity], at) => ({ id: `${at}`, tenant_id: tenant, identity })),
      );
      return this;
    },

    document: (id, tenant, title = `of ${tenant}`) => ({ id, tenant_id: tenant, title }),

    /** A document is written, as the database tells it. */
    write(id, tenant, title) {
      const after = this.document(id, tenant, title);
      projection.apply([{ table: "document", before: undefined, after }]);
    },

    ask(path, { method = "GET", cookie, body, signal, ...headers } = {}) {
      const type = body === undefined ? {} : { "content-type": "application/json" };
      return gateway(
        new Request(`${ISSUER}${path}`, {
          method,
          signal,
          headers: { ...type, ...(cookie && { cookie }), ...headers },
          body: typeof body === "string" ? body : JSON.stringify(body),
        }),
      );
    },
  };
}
