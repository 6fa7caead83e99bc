// The gateway's routes, called with Requests: no server and no database.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Verifier, decodeToken } from "spacetime-keys";

import { HttpError } from "../../examples/tokens/http.mjs";
import { ISSUER, identityOf, makeGateway, pair } from "./support/gateway.mjs";
import { StreamReader } from "./support/sse.mjs";

const said = async (response) => [response.status, (await response.json()).error];
const DOCUMENT = { title: "a", body: "b" };

describe("reading", () => {
  it("gives a snapshot and the id that its events begin after", async () => {
    const world = makeGateway().fill();
    const cookie = world.cookieOf("u_1");
    const reply = await world.ask("/api/documents", { cookie });
    const { id, ...page } = await reply.json();
    const documents = [world.document("1", "acme")];
    assert.deepEqual(page, { tenant_id: "acme", documents });
    assert.equal(reply.headers.get("cache-control"), "no-store");
    world.write("3", "acme", "between");
    const stream = await world.ask(`/api/events?after=${id}`, { cookie });
    assert.deepEqual(
      ["content-type", "cache-control", "content-encoding", "x-accel-buffering"].map((n) =>
        stream.headers.get(n),
      ),
      ["text/event-stream", "no-store, no-transform", "identity", "no"],
    );
    const reader = new StreamReader(stream.body);
    world.write("4", "globex", "foreign");
    world.write("5", "acme", "later");
    const titles = (await reader.take(2)).map(({ payload }) => payload.title);
    assert.deepEqual(titles, ["between", "later"]);
    await reader.cancel();
    assert.equal(world.streams.size, 0);
  });

  it("goes by Last-Event-ID rather than by the query", async () => {
    const world = makeGateway().fill();
    const cookie = world.cookieOf("u_1");
    for (let n = 2; n <= 5; n += 1) world.write(`${n}`, "acme", `title ${n}`);
    const id = world.projection.log("acme").id(4);
    const reply = await world.ask("/api/events?after=long-ago", { cookie, "last-event-id": id });
    const reader = new StreamReader(reply.body);
    const [{ event, payload }] = await reader.take(1);
    assert.deepEqual([event, payload.title], ["document.written", "title 5"]);
    await reader.cancel();
  });

  it("is of a tenant that the database says, whatever the client says", async () => {
    const world = makeGateway().fill();
    const [alice, bob] = ["u_1", "u_2"].map(world.cookieOf);
    for (const path of ["/api/documents", "/api/events"]) {
      for (const tenant of ["globex", "none", "", "__proto__", "acme%00"]) {
        const reply = await world.ask(`${path}?tenant=${tenant}`, { cookie: alice });
        assert.deepEqual(await said(reply), [403, "not_a_member"], `${path} ${tenant}`);
      }
      const both = await world.ask(path, { cookie: bob });
      assert.deepEqual(await said(both), [400, "tenant_needed"]);
    }
    const reply = await world.ask("/api/documents?tenant=globex", { cookie: bob });
    assert.deepEqual((await reply.json()).documents, [world.document("2", "globex")]);
    assert.equal(world.streams.size, 0);
  });

  it("is for sessions and keys that hold", async () => {
    const world = makeGateway().fill();
    const ended = world.cookieOf("u_1");
    world.sessions.end({ headers: new Headers({ cookie: ended }) });
    const banned = world.cookieOf("u_3");
    const [, ref, secret] = world.key.split("_");
    for (const [headers, status, error] of [
      [{}, 401, "no_session"],
      [{ cookie: "session=guessed" }, 401, "no_session"],
      [{ cookie: ended }, 401, "no_session"],
      [{ cookie: banned }, 403, "may_not_connect"],
      [{ authorization: "Bearer" }, 401, "unknown_key"],
      [{ authorization: `Bearer sk_other_${secret}` }, 401, "unknown_key"],
      [{ authorization: `Bearer sk_${ref}_${"A".repeat(43)}` }, 401, "unknown_key"],
      [{ authorization: `Bearer ${world.key}x` }, 401, "unknown_key"],
      // A key that is none is not made good by a cookie.
      [{ authorization: "Bearer x", cookie: world.cookieOf("u_1") }, 401, "unknown_key"],
      [{ authorization: `Bearer ${world.key}` }, 403, "not_a_member"],
    ]) {
      for (const path of ["/api/documents", "/api/events"]) {
        assert.deepEqual(await said(await world.ask(path, headers)), [status, error]);
      }
    }
  });

  it("is a robot's, where it is a member, in its key's tenant alone", async () => {
    const world = makeGateway().fill();
    const authorization = `Bearer ${world.key}`;
    for (const tenant of ["acme", "globex"]) {
      const row = {
        id: `robot ${tenant}`,
        tenant_id: tenant,
        identity: identityOf("robot:importer"),
      };
      world.projection.apply([{ table: "viewer", before: undefined, after: row }]);
    }
    const reply = await world.ask("/api/documents", { authorization });
    assert.equal((await reply.json()).tenant_id, "acme");
    const foreign = await world.ask("/api/documents?tenant=globex", { authorization });
    assert.deepEqual(await said(foreign), [403, "not_a_member"]);
  });

  it("is not done for a user: whether that is granted, the gateway cannot know", async () => {
    const world = makeGateway().fill();
    const headers = { authorization: `Bearer ${world.key}`, "on-behalf-of": "u_1" };
    for (const path of ["/api/documents", "/api/events"]) {
      assert.deepEqual(await said(await world.ask(path, headers)), [403, "delegation_only_writes"]);
    }
  });

  it("waits for the database's first rows, and then no more", async () => {
    const world = makeGateway();
    const cookie = world.cookieOf("u_1");
    const health = async () => {
      const reply = await world.ask("/healthz");
      return [reply.status, await reply.json()];
    };
    assert.deepEqual(await said(await world.ask("/api/documents", { cookie })), [503, "not_ready"]);
    assert.deepEqual(await health(), [503, { ready: false, database: "connected", streams: 0 }]);
    world.fill();
    world.state.isConnected = false;
    assert.equal((await world.ask("/api/documents", { cookie })).status, 200);
    assert.deepEqual(await health(), [200, { ready: true, database: "lost", streams: 0 }]);
  });

  it("is of so many streams at a time", async () => {
    const world = makeGateway({ limit: 2 }).fill();
    const [alice, bob] = ["u_1", "u_2"].map(world.cookieOf);
    const open = (cookie) => world.ask("/api/events?tenant=acme", { cookie });
    const first = await open(alice);
    await open(alice);
    assert.deepEqual(await said(await open(alice)), [429, "too_many_streams"]);
    assert.equal((await open(bob)).status, 200);
    await first.body.cancel();
    assert.equal((await open(alice)).status, 200);
  });
});

describe("a stream", () => {
  it("ends when membership is revoked, and does not begin again", async () => {
    const world = makeGateway().fill();
    const cookie = world.cookieOf("u_1");
    const reader = new StreamReader((await world.ask("/api/events", { cookie })).body);
    assert.equal((await reader.take(1))[0].event, "snapshot");
    const before = { id: "2", tenant_id: "acme", identity: identityOf("u_1") };
    world.projection.apply([{ table: "viewer", before, after: undefined }]);
    world.write("9", "acme");
    assert.deepEqual(
      (await reader.take(9)).map(({ event }) => event),
      ["revoked"],
    );
    const again = await world.ask("/api/events", { cookie });
    assert.deepEqual(await said(again), [403, "not_a_member"]);
  });

  it("ends with the session, the key, or the user's leave", async () => {
    const world = makeGateway().fill();
    const row = { id: "r", tenant_id: "acme", identity: identityOf("robot:importer") };
    world.projection.apply([{ table: "viewer", before: undefined, after: row }]);
    const [alice, bob] = ["u_1", "u_2"].map(world.cookieOf);
    const readers = [];
    for (const headers of [
      { cookie: alice },
      { cookie: bob },
      { authorization: `Bearer ${world.key}` },
    ]) {
      const reply = await world.ask("/api/events?tenant=acme", headers);
      readers.push(new StreamReader(reply.body));
      await readers.at(-1).take(1);
    }
    const ends = [
      () => world.sessions.end({ headers: new Headers({ cookie: alice }) }),
      () => world.users.set("u_2", { mayConnect: false }),
      () => world.apiKeys.remove("importer"),
    ];
    for (const [at, end] of ends.entries()) {
      world.streams.look();
      assert.equal(world.streams.size, 3 - at);
      end();
      world.streams.look();
      assert.deepEqual(
        (await readers[at].take(9)).map(({ event }) => event),
        ["expired"],
      );
    }
  });
});

describe("writing", () => {
  const post = (world, headers, body = DOCUMENT) =>
    world.ask("/api/documents", { method: "POST", body, ...headers });

  it("is done with a token of the user's own, a minute long", async () => {
    const world = makeGateway().fill();
    const reply = await post(world, { cookie: world.cookieOf("u_1") }, { ...DOCUMENT, id: "7" });
    assert.equal(reply.status, 204);
    const [{ token, write }] = world.calls;
    const context = { apiKeyRef: null, agent: null };
    assert.deepEqual(write, { tenantId: "acme", id: 7, ...DOCUMENT, context });
    const verifier = new Verifier(pair.publicKey, { issuer: ISSUER, audience: "spacetimedb" });
    const { identity, claims, issuedAt, expiresAt } = verifier.verify(token);
    assert.equal(identity, identityOf("u_1"));
    assert.equal(expiresAt - issuedAt, 60);
    assert.deepEqual([claims.sub, claims.token_type], ["u_1", "spacetime-access"]);
    assert.match(claims.sid, /^[0-9a-f-]{36}$/);
    assert.equal(claims.act, undefined);
  });

  it("by an API key is its robot's, in the key's tenant", async () => {
    const world = makeGateway().fill();
    const headers = { authorization: `Bearer ${world.key}` };
    assert.equal((await post(world, headers)).status, 204);
    const [{ token, write }] = world.calls;
    assert.deepEqual(write.context, { apiKeyRef: "importer", agent: null });
    assert.equal(write.tenantId, "acme");
    const { claims } = decodeToken(token);
    assert.deepEqual([claims.sub, claims.api_key_ref], ["robot:importer", "importer"]);
    const foreign = await post(world, headers, { ...DOCUMENT, tenant: "globex" });
    assert.deepEqual(await said(foreign), [403, "not_a_member"]);
    assert.equal(world.calls.length, 1);
  });

  it("for a user is the user's, and says who acts", async () => {
    const world = makeGateway().fill();
    const headers = { authorization: `Bearer ${world.key}`, "on-behalf-of": "u_1" };
    assert.equal((await post(world, headers)).status, 204);
    const [{ token, write }] = world.calls;
    const agent = identityOf("robot:importer");
    assert.deepEqual(write.context, { apiKeyRef: null, agent });
    const { claims, identity } = decodeToken(token);
    assert.deepEqual([claims.sub, claims.act], ["u_1", { sub: "robot:importer" }]);
    assert.equal(identity, identityOf("u_1"));
    for (const user of ["u_3", "nobody", "robot:gateway", "robot:importer", ""]) {
      const reply = await post(world, { ...headers, "on-behalf-of": user });
      assert.deepEqual(await said(reply), [403, "may_not_connect"], user);
    }
    assert.equal(world.calls.length, 1);
  });

  it("is not for a cookie's bearer to do in another's name", async () => {
    const world = makeGateway().fill();
    await post(world, { cookie: world.cookieOf("u_1"), "on-behalf-of": "u_2" });
    assert.equal(decodeToken(world.calls[0].token).claims.sub, "u_1");
  });

  it("wants what it knows, of sizes that it knows", async () => {
    const world = makeGateway().fill();
    const cookie = world.cookieOf("u_1");
    for (const body of [
      {},
      { title: "a" },
      { title: 1, body: "b" },
      { title: "a".repeat(201), body: "b" },
      { title: "a", body: "b".repeat(32_001) },
      { ...DOCUMENT, id: 7 },
      { ...DOCUMENT, id: "-1" },
      { ...DOCUMENT, id: "1e3" },
      { ...DOCUMENT, id: "9".repeat(16) },
      [],
      "null",
      "{",
    ]) {
      const reply = await post(world, { cookie }, body);
      assert.deepEqual(await said(reply), [400, "malformed"], JSON.stringify(body).slice(0, 60));
    }
    const form = { cookie, "content-type": "application/x-www-form-urlencoded" };
    assert.deepEqual(await said(await post(world, form)), [415, "not_json"]);
    for (const tenant of ["globex", 1, {}, ["acme"]]) {
      const reply = await post(world, { cookie }, { ...DOCUMENT, tenant });
      assert.deepEqual(await said(reply), [403, "not_a_member"]);
    }
    assert.deepEqual(world.calls, []);
  });

  it("is not for other sites' pages, and neither is reading", async () => {
    const world = makeGateway().fill();
    const cookie = world.cookieOf("u_1");
    for (const foreign of [
      { origin: "https://evil.example" },
      { "sec-fetch-site": "cross-site" },
    ]) {
      const replies = [
        await post(world, { cookie, ...foreign }),
        await world.ask("/api/events", { cookie, ...foreign }),
        await world.ask("/api/documents", { cookie, ...foreign }),
      ];
      for (const reply of replies) assert.deepEqual(await said(reply), [403, "foreign_origin"]);
    }
    assert.deepEqual([world.calls, world.streams.size], [[], 0]);
  });

  it("tells what the reducer said", async () => {
    const world = makeGateway().fill();
    const cookie = world.cookieOf("u_1");
    for (const refusal of [
      new HttpError(403, "not_permitted"),
      new HttpError(504, "outcome_unknown"),
    ]) {
      world.reducers.refusal = refusal;
      assert.deepEqual(await said(await post(world, { cookie })), [refusal.status, refusal.code]);
    }
    world.reducers.refusal = new Error("a secret");
    assert.deepEqual(await said(await post(world, { cookie })), [500, "internal"]);
  });
});

describe("the log", () => {
  it("names routes and statuses, and nothing that anybody sent", async () => {
    const world = makeGateway().fill();
    const cookie = world.cookieOf("u_1");
    await world.ask("/api/events?after=canary", { cookie, "last-event-id": "canary" });
    await world.ask("/canary?canary", { cookie });
    await world.ask("/api/documents", { method: "POST", body: { canary: 1 }, cookie });
    await world.ask("/api/documents", { authorization: `Bearer ${world.key}` });
    world.reducers.refusal = new Error("canary");
    await world.ask("/api/documents", { method: "POST", body: DOCUMENT, cookie });
    assert.deepEqual(world.lines, [
      "GET /api/events 200",
      "unknown route 404",
      "POST /api/documents 400",
      "GET /api/documents 403",
      "error: Error",
      "POST /api/documents 500",
    ]);
  });
});
