// What the example answers to browsers, other sites and attackers: no database is asked here.

import assert from "node:assert/strict";

import { readConfig } from "../../../examples/tokens/config.mjs";
import { Sessions } from "../../../examples/tokens/sessions.mjs";
import { check } from "../../real-server/support/checks.mjs";

/** @param password The demo users'. @param privateKey The app's, PEM. */
export async function checkWeb(app, password, privateKey) {
  const alice = await app.logIn("alice", password);
  const bob = await app.logIn("bob", password);

  await check("without a session there is nothing", async () => {
    for (const ask of [app.token, app.whoami]) {
      for (const cookie of [undefined, "session=", "session=guessed", "other=1; session=x=y"]) {
        const reply = await ask(cookie);
        assert.deepEqual([reply.status, reply.json], [401, { error: "unauthorized" }]);
      }
    }
  });

  await check("a wrong login is one answer", async () => {
    const wrong = [await app.logIn("alice", "wrong"), await app.logIn("nobody", password)];
    for (const reply of wrong) {
      assert.deepEqual([reply.status, reply.json], [401, { error: "wrong_user_or_password" }]);
      assert.equal(reply.headers.get("set-cookie"), null);
    }
  });

  await check("the cookie is for this server's own pages", () => {
    assert.equal(alice.status, 204);
    assert.equal(alice.headers.get("cache-control"), "no-store");
    const [value, ...flags] = alice.headers.get("set-cookie").split("; ");
    assert.match(value, /^session=[\w-]{43}$/);
    assert.deepEqual(flags, ["Max-Age=28800", "Path=/", "HttpOnly", "SameSite=Strict"]);
  });

  await check("other sites get nothing", async () => {
    const login = { user: "alice", password };
    const evil = { origin: "https://evil.example" };
    const ways = [
      app.post("/login", login, evil),
      app.post("/login", login, { origin: "null" }),
      app.post("/login", login, { "sec-fetch-site": "same-site" }),
      app.post("/logout", {}, { cookie: alice.cookie, ...evil }),
      app.post("/token", {}, { cookie: alice.cookie, "sec-fetch-site": "cross-site" }),
      app.get("/whoami", { cookie: alice.cookie, "sec-fetch-site": "cross-site" }),
    ];
    for (const reply of await Promise.all(ways)) {
      assert.deepEqual([reply.status, reply.json], [403, { error: "foreign_origin" }]);
      assert.equal(reply.headers.get("set-cookie"), null);
      assert.equal(reply.headers.get("access-control-allow-origin"), null);
    }
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const posted = await app.post("/login", `user=alice&password=${password}`, form);
    assert.deepEqual([posted.status, posted.json], [415, { error: "not_json" }]);
    const own = { origin: app.issuer, "sec-fetch-site": "same-origin" };
    assert.equal((await app.post("/login", login, own)).status, 204);
  });

  await check("bodies that are none are refused", async () => {
    for (const body of ["", "{", "null", "1", "[]", "{}", '{"user":1,"password":{}}']) {
      const reply = await app.post("/login", body);
      assert.deepEqual([reply.status, reply.json], [400, { error: "malformed" }], body);
    }
    const large = JSON.stringify({ user: "alice", password: "x".repeat(5000) });
    const reply = await app.post("/login", large);
    assert.deepEqual([reply.status, reply.text], [413, ""]);
    // Without a length, the bytes are counted.
    const chunked = await fetch(`${app.issuer}/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Blob([large]).stream(),
      duplex: "half",
    });
    assert.equal(chunked.status, 413);
    for (const path of ["/nothing", "/login", "/token", "/token/", "/__proto__", "/toString"]) {
      assert.equal((await app.get(path)).status, 404, path);
    }
  });

  await check("who may not connect is a 403", async () => {
    const carol = await app.logIn("carol", password);
    for (const ask of [app.token, app.whoami]) {
      const reply = await ask(carol.cookie);
      assert.deepEqual([reply.status, reply.json], [403, { error: "may_not_connect" }]);
    }
  });

  await check("a session ends", async () => {
    const ended = await app.post("/logout", {}, { cookie: bob.cookie });
    assert.equal(ended.status, 204);
    assert.match(ended.headers.get("set-cookie"), /^session=; Max-Age=0; /);
    assert.equal((await app.token(bob.cookie)).status, 401);
    // A login ends the session that the browser had, so that none is left behind.
    const login = { user: "bob", password };
    const first = await app.logIn("bob", password);
    await app.post("/login", login, { cookie: first.cookie });
    assert.equal((await app.token(first.cookie)).status, 401);
  });

  await check("by https, the cookie is stricter, and it expires", () => {
    const settings = {
      ISSUER_URL: "https://app.example.com",
      PRIVATE_KEY_FILE: app.write("by-https", privateKey),
      SPACETIMEDB_DATABASE: "app",
      DEMO_PASSWORD: password,
    };
    const { secure, target } = readConfig(settings);
    assert.deepEqual([secure, target], [true, "prod"]);

    const sessions = new Sessions(secure);
    const [cookie, ...flags] = sessions.begin("u_1").split("; ");
    assert.match(cookie, /^__Host-session=[\w-]{43}$/);
    assert.deepEqual(flags, ["Max-Age=28800", "Path=/", "HttpOnly", "SameSite=Strict", "Secure"]);
    const request = { headers: new Headers({ cookie: `theme=dark; ${cookie}` }) };
    assert.equal(sessions.find(request).userId, "u_1");

    const clock = Date.now;
    Date.now = () => clock() + 28_800_000;
    assert.equal(sessions.find(request), null);
    sessions.begin("u_2");
    Date.now = clock;
    // Forgotten for good, and not only too old to be found.
    assert.equal(sessions.find(request), null);
  });
}
