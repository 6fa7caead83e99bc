// What servers of all rules make of a token, and the real one, where it is named.

import assert from "node:assert/strict";
import { checkToken, decodeToken } from "spacetime-keys";

const SERVERS = ["1.2.0", "2.8.3", "2.14.0"];
const { ping, stop } = await realServer();
export { stop };

/** The real server's answer to a token, if there is one. */
async function realServer() {
  if (!process.env.SPACETIME_KEYS_REAL_SERVER_BIN) return { stop: () => {} };
  const support = "../real-server/support";
  const { Host } = await import(`${support}/host.mjs`);
  const { Server } = await import(`${support}/server.mjs`);
  const host = new Host();
  host.makeKeysByOpenssl();
  const server = await Server.start(host);
  return { ping: (token) => server.ping(token), stop: () => server.stop() };
}

/** The token's claims. Servers of all rules take the token with the set that its issuer publishes, found where they look. */
export async function isAccepted(token, issuer) {
  const discovery = await json(`${issuer}/.well-known/openid-configuration`);
  assert.equal(discovery.issuer, issuer);
  const keys = await json(discovery.jwks_uri);
  for (const server of SERVERS) {
    const { accepted, reason } = checkToken(token, { jwks: keys, server });
    assert.ok(accepted, `${server}: ${reason}`);
  }
  if (ping) assert.deepEqual(await ping(token), { status: 200, body: "" });
  return decodeToken(token).claims;
}

/** Servers of all rules refuse it, for one reason, which is what the real one says. */
export async function isRefused(token, keys, expected) {
  for (const server of SERVERS) {
    const { accepted, status, reason } = checkToken(token, { jwks: keys, server });
    assert.deepEqual([accepted, status, reason], [false, 401, expected], server);
  }
  if (!ping) return;
  const { status, body } = await ping(token);
  assert.equal(status, 401);
  assert.ok(body.includes(expected), body);
}

export async function json(url, init) {
  const response = await fetch(url, init);
  assert.equal(response.status, 200, url);
  return response.json();
}

/** Another key's signature, under any name, is refused. */
export async function isForged(token, keys) {
  for (const server of SERVERS)
    assert.ok(!checkToken(token, { jwks: keys, server }).accepted, server);
  if (ping) assert.equal((await ping(token)).status, 401);
}
