// Reducers by HTTP: what is sent, and what is made of any answer.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";

import { Reducers } from "../../examples/gateway/reducers.mjs";

let server;
let url;
const asked = [];
let answer = [200, ""];

before(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    asked.push({ url: request.url, authorization: request.headers.authorization, body });
    if (answer === null) return;
    response.writeHead(answer[0], answer[2] ?? {}).end(answer[1]);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const write = { tenantId: "t", id: 0, title: "a", body: "b" };

describe("a write", () => {
  it("is the reducer's arguments in their order, with the token in the header alone", async () => {
    const reducers = new Reducers({ url, database: "my app" });
    const context = { apiKeyRef: "k", agent: "c2" };
    await reducers.writeDocument("secret", { ...write, context });
    await reducers.writeDocument("secret", { ...write, context: { apiKeyRef: null, agent: null } });
    const [first, second] = asked.splice(0);
    assert.equal(first.url, "/v1/database/my%20app/call/write_document");
    assert.equal(first.authorization, "Bearer secret");
    const some = { api_key_ref: { some: "k" }, agent: { some: ["0xc2"] } };
    const none = { membership_version: { none: [] } };
    assert.deepEqual(JSON.parse(first.body), ["t", 0, "a", "b", { ...none, ...some }]);
    const nobody = { api_key_ref: { none: [] }, agent: { none: [] } };
    assert.deepEqual(JSON.parse(second.body), ["t", 0, "a", "b", { ...none, ...nobody }]);
  });
});

describe("an answer", () => {
  const outcome = (options = {}) =>
    new Reducers({ url, database: "app", ...options }).call("secret", "r", []).then(
      () => "done",
      ({ status, code }) => [status, code],
    );

  it("is done, or a refusal in words that are known", async () => {
    for (const [given, expected] of [
      [[200, ""], "done"],
      [
        [530, "not a member"],
        [403, "not_a_member"],
      ],
      [
        [530, "not permitted"],
        [403, "not_permitted"],
      ],
      [
        [530, "unknown actor"],
        [403, "unknown_actor"],
      ],
      [
        [530, "no grant"],
        [403, "no_grant"],
      ],
      [
        [530, "key revoked\n"],
        [403, "key_revoked"],
      ],
      [
        [530, "stale membership"],
        [409, "stale_membership"],
      ],
      [
        [530, "conflict"],
        [409, "conflict"],
      ],
      [
        [530, "malformed"],
        [400, "malformed"],
      ],
      [
        [530, "unknown document"],
        [404, "unknown_document"],
      ],
      // Whatever else it says is not passed on.
      [
        [530, "a secret of the module's"],
        [502, "refused"],
      ],
      [
        [200 + 1, "not a member"],
        [502, "refused"],
      ],
      [
        [401, "the token secret"],
        [502, "refused"],
      ],
      [
        [500, "not a member"],
        [502, "refused"],
      ],
      [
        [302, "", { location: "https://evil.example" }],
        [502, "database_unavailable"],
      ],
    ]) {
      answer = given;
      assert.deepEqual(await outcome(), expected, `${given}`);
    }
    assert.equal(asked.length, 15, "none was asked twice");
  });

  it("that does not come says nothing: it may have been done", async () => {
    answer = null;
    assert.deepEqual(await outcome({ timeout: 20 }), [504, "outcome_unknown"]);
  });

  it("of nobody is none", async () => {
    const closed = { url: "http://127.0.0.1:1" };
    assert.deepEqual(await outcome(closed), [502, "database_unavailable"]);
  });
});
