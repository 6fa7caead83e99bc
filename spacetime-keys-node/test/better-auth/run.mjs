// The code of docs/better-auth.md with the real Better Auth, in memory and over HTTP on loopback: from a
// session to a token, and what servers make of it. On the runtime that this file is started on:
// `node test/better-auth/run.mjs`, or with bun. With SPACETIME_KEYS_REAL_SERVER_BIN, the real server is asked,
// too.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createIssuer, decodeToken, generateKeyPair } from "spacetime-keys";

import { check, finish } from "../real-server/support/checks.mjs";
import { isAccepted, isForged, isRefused, json, stop } from "./servers.mjs";
import { Site } from "./site.mjs";

/** The page with one thing changed: what is not there to be changed is a mistake of this test. */
function without(code, pattern, replacement = "") {
  const changed = code.replace(pattern, replacement);
  assert.notEqual(changed, code, String(pattern));
  return changed;
}

// ---- Your server hands out tokens

const broker = await Site.open("broker");
await check("broker: the page's code loads", async () => {
  await broker.route({ "/api/auth/": (await broker.load("auth.js")).auth.handler });
  const { tokens } = await broker.load("tokens.js");
  await broker.route({ "/token": tokens, "/.well-known/": tokens });
});
const ask = (headers) => fetch(`${broker.origin}/token`, { method: "POST", headers });

await check("broker: nobody without a session", async () => {
  assert.equal((await ask({})).status, 401);
  assert.equal((await ask({ cookie: "better-auth.session_token=guessed.x" })).status, 401);
});

const alice = await broker.signUp("alice");
let session;
await check("broker: a session becomes a token, and the cookie is not in it", async () => {
  session = await alice.json("/api/auth/get-session");
  const { token, identity } = await (await ask(alice.headers)).json();
  const { iat, exp, ...claims } = await isAccepted(token, broker.origin);
  assert.deepEqual(claims, {
    iss: broker.origin,
    sub: session.user.id,
    aud: ["spacetimedb"],
    sid: session.session.id,
  });
  assert.equal(exp - iat, 300);
  assert.equal(decodeToken(token).identity, identity);
  const payload = Buffer.from(token.split(".")[1], "base64url").toString();
  for (const secret of [session.session.token, alice.headers.cookie, "alice@example.com"]) {
    assert.ok(!payload.includes(secret));
  }
});

await check("broker: the organization that is active, and then another", async () => {
  const tenants = [];
  for (const slug of ["one", "two"]) {
    const made = await alice.post("/api/auth/organization/create", { name: slug, slug });
    await alice.post("/api/auth/organization/set-active", { organizationId: made.id });
    const { token, identity } = await (await ask(alice.headers)).json();
    const { sub, tenant_id } = await isAccepted(token, broker.origin);
    assert.deepEqual([sub, tenant_id], [session.user.id, made.id]);
    tenants.push({ tenant_id, identity });
  }
  assert.notEqual(tenants[0].tenant_id, tenants[1].tenant_id);
  assert.equal(tenants[0].identity, tenants[1].identity, "the user stays the same");
});

await check("broker: another user is another identity; who logs out gets nothing", async () => {
  const bob = await broker.signUp("bob");
  const { identity } = await (await ask(bob.headers)).json();
  assert.notEqual(identity, (await (await ask(alice.headers)).json()).identity);
  await bob.post("/api/auth/sign-out", {});
  assert.equal((await ask(bob.headers)).status, 401);
});

await check(
  "broker: what Better Auth remembers in a cookie opens nothing after the session's end",
  async () => {
    const remembering = async (change = (code) => code) => {
      const site = await Site.open(
        "broker",
        (code) =>
          without(code, /plugins:/, "session: { cookieCache: { enabled: true, maxAge: 300 } }, $&"),
        change,
      );
      await site.route({ "/api/auth/": (await site.load("auth.js")).auth.handler });
      await site.route({ "/token": (await site.load("tokens.js")).tokens });
      const { headers } = await site.signUp("carol");
      const post = () => fetch(`${site.origin}/token`, { method: "POST", headers });
      const before = (await post()).status;
      const revoked = await fetch(`${site.origin}/api/auth/revoke-sessions`, {
        method: "POST",
        headers: { ...headers, origin: site.origin },
      });
      assert.equal(revoked.status, 200, "revoked");
      const after = (await post()).status;
      await site.close();
      return [before, after];
    };
    assert.deepEqual(await remembering(), [200, 401]);
    const forgetful = (code) => without(code, /disableCookieCache: true, /);
    assert.deepEqual(await remembering(forgetful), [200, 200], "it is the setting that does it");
  },
);

await check("broker: a robot's token of the same issuer", async () => {
  const robots = createIssuer({
    issuer: broker.origin,
    keys: [{ privateKey: broker.privateKey }],
    authorize: () => ({ purpose: "robot", subject: "robot:key_1", audience: "spacetimedb" }),
  });
  const asked = new Request(`${broker.origin}/token`, { method: "POST" });
  const { token } = await (await robots(asked)).json();
  assert.equal((await isAccepted(token, broker.origin)).sub, "robot:key_1");
});
await broker.close();

// ---- The jwt plugin

const plugin = await Site.open("jwt");
await check("jwt: a token of the plugin, and the document that it lacks", async () => {
  await plugin.route({ "/api/auth/": (await plugin.load("auth.js")).auth.handler });
  const document = `${plugin.origin}/.well-known/openid-configuration`;
  assert.equal((await fetch(document)).status, 404);
  assert.equal((await fetch(document.replace("/.well", "/api/auth/.well"))).status, 404);
  const { discovery } = await plugin.load("discovery.js");
  await plugin.route({ "/.well-known/": discovery });

  const user = await plugin.signUp("alice");
  const made = await user.post("/api/auth/organization/create", { name: "one", slug: "one" });
  await user.post("/api/auth/organization/set-active", { organizationId: made.id });
  const { token } = await user.json("/api/auth/token");
  const { iat, exp, ...claims } = await isAccepted(token, plugin.origin);
  const { id } = (await user.json("/api/auth/get-session")).user;
  const { origin: iss } = plugin;
  assert.deepEqual(claims, { iss, sub: id, aud: "spacetimedb", tenant_id: made.id });
  assert.equal(exp - iat, 900);
});
await plugin.close();

await check("jwt: unless told, EdDSA, and the whole user", async () => {
  const site = await Site.open("jwt", (code) =>
    without(without(code, /^ *jwks: .*\n/m), /^ *definePayload: .*\n/m),
  );
  await site.route({ "/api/auth/": (await site.load("auth.js")).auth.handler });
  const user = await site.signUp("alice");
  const { token } = await user.json("/api/auth/token");
  const { discovery } = await site.load("discovery.js");
  await site.route({ "/.well-known/": discovery });
  await isRefused(token, await json(`${site.origin}/api/auth/jwks`), "InvalidAlgorithm");
  assert.equal(decodeToken(token).claims.email, "alice@example.com");
  await site.close();
});

// ---- The OAuth provider

/** A site with a client that somebody has registered, and what logging in there gives. */
async function provider(change, { resource } = {}) {
  const site = await Site.open("oauth", change);
  const { auth } = await site.load("auth.js");
  const { register } = await site.load("client.js");
  await site.route({ "/api/auth/": auth.handler });
  const user = await site.signUp("alice");
  const client = await register(new Headers(user.headers));
  const { client_id } = client;
  if (resource) {
    const params = { identifier: resource, client_id };
    await auth.api.adminLinkClientResource({ headers: new Headers(user.headers), params });
  }
  const verifier = randomBytes(32).toString("base64url");
  const [redirect_uri] = client.redirect_uris;
  const shared = { client_id, redirect_uri, ...(resource && { resource }) };
  const wanted = new URLSearchParams({
    ...shared,
    response_type: "code",
    scope: "openid",
    state: "s",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const sent = await user.ask(`/api/auth/oauth2/authorize?${wanted}`);
  // To a script it names the URL; a page would be sent there.
  const to = sent.headers.get("location") ?? (await sent.json()).url;
  const code = new URL(to).searchParams.get("code");
  const body = new URLSearchParams({
    ...shared,
    grant_type: "authorization_code",
    code,
    code_verifier: verifier,
  });
  const granted = await json(`${site.origin}/api/auth/oauth2/token`, { method: "POST", body });
  const { id } = (await user.json("/api/auth/get-session")).user;
  return { site, granted, client_id, id, issuer: `${site.origin}/api/auth` };
}

await check("oauth: the ID token is taken, and what else comes is opaque", async () => {
  const { site, granted, client_id, id, issuer } = await provider();
  const { iss, sub, aud, iat, exp } = await isAccepted(granted.id_token, issuer);
  assert.deepEqual([iss, sub, aud, exp - iat], [issuer, id, client_id, 900]);
  const keys = await json(`${issuer}/jwks`);
  await isRefused(granted.access_token, keys, "InvalidToken");
  assert.equal((await fetch(`${issuer}/token`)).status, 404, "the plugin's own route");
  await site.close();
});

await check("oauth: a client on this machine is a native one", async () => {
  const site = await Site.open("oauth");
  const { auth } = await site.load("auth.js");
  await site.route({ "/api/auth/": auth.handler });
  const headers = new Headers((await site.signUp("alice")).headers);
  const local = { client_name: "a", redirect_uris: ["http://127.0.0.1:5173/callback"] };
  const register = (more) =>
    auth.api.adminCreateOAuthClient({
      headers,
      body: { ...local, token_endpoint_auth_method: "none", ...more },
    });
  await assert.rejects(register({}), ({ body }) => body.error === "invalid_redirect_uri");
  assert.ok((await register({ application_type: "native" })).client_id);
  await site.close();
});

await check("oauth: unless told, EdDSA and ten hours", async () => {
  const { site, granted, issuer } = await provider((code) =>
    without(
      without(code, /jwks: \{ keyPairConfig: \{ alg: "ES256" \} \}/),
      /^ *idTokenExpiresIn.*\n/m,
    ),
  );
  await isRefused(granted.id_token, await json(`${issuer}/jwks`), "InvalidAlgorithm");
  const { iat, exp } = decodeToken(granted.id_token).claims;
  assert.equal(exp - iat, 36_000);
  await site.close();
});

await check("oauth: with a resource, the access token is a JWT of the same user", async () => {
  const resource = "https://db.example.com";
  const scopes = /scopes: \["openid"\],/;
  const { site, granted, id, issuer } = await provider(
    (code) => without(code, scopes, `$& resources: ["${resource}"],`),
    { resource },
  );
  const { sub, aud, iat, exp } = await isAccepted(granted.access_token, issuer);
  assert.equal(sub, id);
  assert.ok(aud.includes(resource));
  assert.equal(exp - iat, 3600);
  const identities = [granted.access_token, granted.id_token].map(
    (token) => decodeToken(token).identity,
  );
  assert.equal(identities[0], identities[1]);
  await site.close();
});

await check("a token of another key is refused, by all of these", async () => {
  const site = await Site.open("broker");
  const { tokens } = await site.load("tokens.js");
  await site.route({ "/.well-known/": tokens });
  const stranger = createIssuer({
    issuer: site.origin,
    keys: [{ privateKey: generateKeyPair().privateKey }],
    authorize: () => ({ subject: "u_1", audience: "spacetimedb" }),
  });
  const asked = new Request(`${site.origin}/token`, { method: "POST" });
  const { token } = await (await stranger(asked)).json();
  const keys = await json(`${site.origin}/.well-known/jwks.json`);
  await isForged(token, keys);
  await site.close();
});

await stop();
finish(14);
