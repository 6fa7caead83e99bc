// createExchange: what a proxy and a client are answered while files and server change. The server is
// a stand-in, and the rules of servers say what is good.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";

import { checkToken, createExchange, deriveIdentity, toNodeHandler } from "spacetime-keys";

import { checkKeysError } from "./support/errors.mjs";
import { p256 } from "./support/keys.mjs";
import {
  DAY,
  MONTH,
  RETIRED_AT,
  SUBJECT,
  claims,
  list,
  listOf,
  old,
  oldToken,
  present,
  retired,
} from "./support/retired.mjs";
import { Server } from "./support/spacetimedb.mjs";
import { claimsOf, signByHand } from "./support/tokens.mjs";

const START = RETIRED_AT + DAY;
const identity = deriveIdentity("localhost", SUBJECT);
const given = oldToken();
const bearer = (token) => ({ authorization: `Bearer ${token}` });

let server;
let clock;
let errors;
let exchange;

before(async () => {
  server = await Server.start();
});
after(() => server.stop());

/** A handler of its own in front of the server as it is before all tests. */
function fresh() {
  Object.assign(server, { key: present.publicKey, owners: [], instead: {}, asked: [] });
  server.mount(present.privateKey);
  server.retire(list);
  clock = START;
  errors = [];
  exchange = createExchange({
    server: server.url,
    mountedKeysDir: server.folder,
    now: () => clock,
    onError: (error) => errors.push(error),
  });
}

const ask = (path, headers = {}, method = path === "/exchange" ? "POST" : "GET") =>
  exchange(new Request(`http://exchange.example${path}`, { method, headers }));

/** What a proxy passes on of a request with this token. */
async function passedOn(token) {
  const { status, headers } = await ask("/forward-auth?uri=/v1/x", bearer(token));
  assert.equal(status, 200, "a proxy is never refused");
  return headers.get("authorization").replace(/^Bearer /, "");
}

async function refusal(headers = bearer(given)) {
  const response = await ask("/exchange", headers);
  const { error } = await response.json();
  assert.ok(error.message.length > 3 && error.hint.length > 3, "it says something");
  assert.equal(response.headers.get("cache-control"), "no-store");
  return [response.status, error.code];
}

/** Asks until it is so: the server is asked again a quarter of a second after it said no. */
async function until(isSo) {
  for (let turn = 0; turn < 500; turn += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("it never was so");
}

const isGood = (token, publicKey) => {
  const answers = ["1.2", "2.8", "2.14"].map(
    (version) => checkToken(token, { publicKey, server: version, now: clock }).identity,
  );
  assert.equal(new Set(answers).size, 1, "servers agree");
  return answers[0] === identity;
};

describe("createExchange", () => {
  it("gives a proxy a token of five minutes", async () => {
    fresh();
    const token = await passedOn(given);
    assert.ok(isGood(token, present.publicKey) && !isGood(given, present.publicKey));
    assert.deepEqual(claimsOf(token), { ...claims, iat: clock, exp: clock + 300 });
    assert.deepEqual(errors, []);
  });

  it("gives a client a token to keep, and one that is good already as it is", async () => {
    fresh();
    const response = await ask("/exchange", bearer(given));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(response.headers.get("cache-control"), "no-store");
    const { token, ...rest } = await response.json();
    assert.deepEqual(rest, { identity, expires_at: null });
    assert.ok(isGood(token, present.publicKey));
    const again = await (await ask("/exchange", bearer(token))).json();
    assert.deepEqual(again, { token, identity, expires_at: null });
    assert.equal(await passedOn(token), token, "a proxy, too, passes it as it is");
  });

  it("never sends the server a token, and only asks", async () => {
    fresh();
    await passedOn(given);
    await ask("/exchange", bearer(given));
    assert.ok(server.asked.every(({ method, hasToken }) => method === "GET" && !hasToken));
    assert.ok(server.asked.length >= 2, "for its key, and for databases");
  });

  it("tells a refusal to a client, and passes the token on to the server", async () => {
    fresh();
    for (const [token, code] of [
      [signByHand(p256().privateKey, claims), "ERR_KEY_NOT_RETIRED"],
      [oldToken({ iat: RETIRED_AT + 61 }), "ERR_TOKEN_ISSUED_LATER"],
      [oldToken({ exp: clock - 61 }), "ERR_TOKEN_EXPIRED"],
      [oldToken({ act: { sub: "app" } }), "ERR_TOKEN_DELEGATED"],
      [oldToken({ padding: "x".repeat(1 << 20) }), "ERR_TOKEN_TOO_LARGE"],
      ["garbage", "ERR_TOKEN_OPAQUE"],
    ]) {
      assert.deepEqual(await refusal(bearer(token)), [401, code]);
      assert.equal(await passedOn(token), token, code);
    }
    assert.equal(server.count("/databases"), 0, "nobody is asked about them");
  });

  it("takes one header Authorization, of the scheme Bearer in any case", async () => {
    fresh();
    const response = await ask("/exchange", { authorization: `bEaReR  ${given}` });
    assert.equal(response.status, 200);
    const headers = (value) => new Headers(value === null ? {} : { authorization: value });
    const twice = headers(`Bearer ${given}`);
    twice.append("authorization", `Bearer ${given}`);
    const others = [
      headers(null),
      headers(""),
      headers("Basic YTpi"),
      headers("B\u00e4rer x"),
      twice,
    ];
    for (const other of others) {
      assert.deepEqual(await refusal(other), [401, "ERR_TOKEN_ABSENT"]);
      const passed = await ask("/forward-auth", other);
      assert.equal(passed.status, 200);
      assert.equal(passed.headers.get("authorization"), other.get("authorization"), "as it came");
    }
  });

  it("answers a proxy by any method, and all else by its own", async () => {
    fresh();
    for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]) {
      assert.equal((await ask("/forward-auth", bearer(given), method)).status, 200, method);
    }
    const wrong = await ask("/exchange", bearer(given), "GET");
    assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "POST"]);
    for (const path of ["/", "/exchange/", "/forward-auth/x", "//exchange"]) {
      assert.equal((await ask(path, bearer(given))).status, 404, path);
    }
  });
});

describe("between a rotation and the restart", () => {
  it("lets every token pass as it came", async () => {
    fresh();
    // The old pair is still in use, and a player has a token of it.
    server.key = old.publicKey;
    assert.equal(await passedOn(given), given);
    assert.ok(isGood(given, old.publicKey), "it is good as it is");
    assert.deepEqual(await refusal(), [503, "ERR_EXCHANGE_NOT_SERVED"]);
    // The restart hangs, and comes up with another key; then with the right one.
    server.key = p256().publicKey;
    assert.equal(await passedOn(given), given);
    server.key = present.publicKey;
    await until(async () => (await passedOn(given)) !== given);
    assert.ok(isGood(await passedOn(given), present.publicKey));
  });

  it("sees at the next request that the keys were replaced", async () => {
    fresh();
    assert.notEqual(await passedOn(given), given);
    const next = p256();
    server.mount(next.privateKey);
    server.retire(listOf([...list.keys, retired(present.publicKey, { retired_at: clock })]));
    assert.equal(await passedOn(given), given, "the server has the key before: nothing is signed");
    const newer = signByHand(present.privateKey, { ...claims, iat: clock - 5 });
    assert.equal(await passedOn(newer), newer, "what is good stays as it is");
    server.key = next.publicKey;
    await until(async () => (await passedOn(given)) !== given);
    for (const token of [given, newer]) assert.ok(isGood(await passedOn(token), next.publicKey));
  });

  it("gives no wrong answer under load", async () => {
    fresh();
    const next = p256();
    const newer = signByHand(present.privateKey, { ...claims, iat: clock - 5 });
    let isOver = false;
    let count = 0;
    const client = async () => {
      while (!isOver) {
        const key = server.key;
        const wasGood = isGood(newer, key);
        const passed = await passedOn(newer);
        // What the server had all the time took the token before: it must take it still.
        if (key === server.key && wasGood) assert.ok(isGood(passed, key), "it was good before");
        count += 1;
      }
    };
    const clients = Array.from({ length: 8 }, client);
    try {
      await passedOn(newer);
      server.retire(listOf([...list.keys, retired(present.publicKey, { retired_at: clock })]));
      server.mount(next.privateKey);
      for (let turn = 0; turn < 20; turn += 1) await passedOn(newer);
      server.key = next.publicKey;
      await until(async () => isGood(await passedOn(newer), next.publicKey));
    } finally {
      isOver = true;
      await Promise.all(clients);
    }
    assert.ok(count > 20, `${count} answers`);
  });

  it("exchanges nothing while the server does not show its key", async () => {
    for (const [name, instead] of Object.entries({
      "an error": (response) => response.writeHead(500).end(),
      "a page": (response) => response.end("<!DOCTYPE html><p>wait"),
      "another text": (response) => response.end("-----BEGIN"),
      "a cut connection": (response) => response.destroy(),
      "a redirect": (response) => response.writeHead(302, { location: "/elsewhere" }).end(),
      "a body without end": (response) => {
        response.on("error", () => {});
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(1 << 16, "x")));
          if (!response.destroyed) response.once("drain", more);
        };
        more();
      },
    })) {
      fresh();
      server.instead["public-key"] = instead;
      server.instead.elsewhere = (response) => response.end(present.publicKey);
      assert.equal(await passedOn(given), given, name);
      assert.deepEqual(await refusal(), [503, "ERR_EXCHANGE_SERVER"], name);
      assert.equal(server.count("/elsewhere"), 0, `${name}: it is not followed`);
    }
  });

  it("waits no longer than two seconds for a server that hangs, and once for all", async () => {
    fresh();
    server.instead["public-key"] = () => {};
    const answers = await Promise.all(Array.from({ length: 20 }, () => passedOn(given)));
    assert.ok(answers.every((token) => token === given));
    assert.equal(server.count("/public-key"), 1);
  });

  it("exchanges nothing when what the server said is old, and it says nothing more", async () => {
    fresh();
    assert.notEqual(await passedOn(given), given);
    server.instead["public-key"] = (response) => response.destroy();
    clock += 11;
    assert.equal(await passedOn(given), given);
    assert.deepEqual(await refusal(), [503, "ERR_EXCHANGE_SERVER"]);
    server.instead = {};
    await until(async () => (await passedOn(given)) !== given);
  });
});

describe("the files", () => {
  it("are read again when they have changed, and a damaged one is told once", async () => {
    fresh();
    const cuts = [0, 10, JSON.stringify(list).length - 1];
    for (const [at, cut] of cuts.entries()) {
      server.retire(JSON.stringify(list).slice(0, cut));
      for (let turn = 0; turn < 3; turn += 1) assert.equal(await passedOn(given), given);
      assert.deepEqual(await refusal(), [503, "ERR_RETIRED_KEYS_DAMAGED"]);
      assert.equal(errors.length, at + 1, "told once");
      checkKeysError(errors[at], "ERR_RETIRED_KEYS_DAMAGED", "what is told");
    }
    server.retire(list);
    await until(async () => (await passedOn(given)) !== given);
    server.mount(present.publicKey);
    assert.equal(await passedOn(given), given);
    checkKeysError(errors.at(-1), "ERR_KEY_IS_PUBLIC", "a public key in its place");
    server.mount(present.privateKey);
    await until(async () => (await passedOn(given)) !== given);
    assert.equal(errors.length, cuts.length + 1);
  });

  it("may lack the list: then no key is retired", async () => {
    fresh();
    server.retire(null);
    assert.deepEqual(await refusal(), [401, "ERR_KEY_NOT_RETIRED"]);
    assert.deepEqual(errors, []);
  });

  it("say which key is revoked, and the next request knows", async () => {
    fresh();
    assert.notEqual(await passedOn(given), given);
    server.retire(listOf([retired(old.publicKey, { revoked: true })]));
    assert.equal(await passedOn(given), given);
    assert.deepEqual(await refusal(), [401, "ERR_KEY_REVOKED"]);
  });

  it("are missing: that is told, and every token passes", async () => {
    fresh();
    const there = [];
    const nowhere = createExchange({
      server: server.url,
      mountedKeysDir: `${server.folder}/nowhere`,
      onError: (error) => there.push(error),
    });
    const response = await nowhere(
      new Request("http://a/forward-auth", { headers: bearer(given) }),
    );
    assert.equal(response.headers.get("authorization"), `Bearer ${given}`);
    assert.equal(there.length, 1);
    checkKeysError(there[0], undefined, "no folder");
  });
});

describe("who is exchanged", () => {
  it("is nobody who owns a database", async () => {
    fresh();
    server.owners = [identity];
    assert.equal(await passedOn(given), given);
    assert.deepEqual(await refusal(), [401, "ERR_TOKEN_OF_PUBLISHER"]);
    assert.notEqual(await passedOn(oldToken({ sub: "another" })), oldToken({ sub: "another" }));
  });

  it("is nobody of whom the server does not say it", async () => {
    fresh();
    const noAnswers = [
      (response) => response.writeHead(404).end(),
      (response) => response.end("[]"),
      (response) => response.destroy(),
    ];
    for (const instead of noAnswers) {
      server.instead.databases = instead;
      assert.equal(await passedOn(given), given);
      assert.deepEqual(await refusal(), [503, "ERR_EXCHANGE_OWNER"]);
    }
    server.instead = {};
    assert.notEqual(await passedOn(given), given, "asked again");
  });

  it("is asked once for many requests", async () => {
    fresh();
    const players = Array.from({ length: 40 }, (_, at) => oldToken({ sub: `player-${at}` }));
    const all = [...players, ...players, ...players];
    const passed = await Promise.all(all.map(passedOn));
    assert.ok(passed.every((token, at) => token !== all[at]));
    assert.equal(server.count("/databases"), players.length);
    assert.equal(server.count("/public-key"), 1);
  });

  it("is asked of few at a time, and none waits for ever for its turn", async () => {
    fresh();
    assert.equal((await ask("/healthz")).status, 200);
    let most = 0;
    let open = 0;
    server.instead.databases = (response) => {
      most = Math.max(most, (open += 1));
      response.once("close", () => (open -= 1));
    };
    // Of a server that hangs: a request that waits for a turn gives up, too.
    const players = Array.from({ length: 48 }, (_, at) => oldToken({ sub: `player-${at}` }));
    const passed = await Promise.all(players.map(passedOn));
    assert.deepEqual(passed, players, "all as they came");
    assert.equal(most, 16);
    server.instead = {};
    assert.notEqual(await passedOn(given), given, "and it goes on");
  });

  it("is no publisher", async () => {
    fresh();
    server.retire(listOf(list.keys, [identity]));
    assert.deepEqual(await refusal(), [401, "ERR_TOKEN_OF_PUBLISHER"]);
    assert.equal(await passedOn(given), given);
  });

  it("is nobody after the time", async () => {
    fresh();
    clock = RETIRED_AT + MONTH - 1;
    await until(async () => (await passedOn(given)) !== given);
    clock += 1;
    assert.equal(await passedOn(given), given);
    assert.deepEqual(await refusal(), [401, "ERR_KEY_NOT_HONORED"]);
  });
});

describe("/healthz and /metrics", () => {
  it("say whether tokens are exchanged, and how many were", async () => {
    fresh();
    assert.equal((await ask("/healthz")).status, 200);
    await passedOn(given);
    await refusal(bearer("garbage"));
    const metrics = await (await ask("/metrics")).text();
    assert.match(metrics, /^spacetime_keys_exchange_ready 1$/m);
    assert.match(metrics, /endpoint="forward-auth",outcome="exchanged"\} 1$/m);
    assert.match(metrics, /endpoint="exchange",outcome="ERR_TOKEN_OPAQUE"\} 1$/m);
    const secrets = [given, identity, SUBJECT, "garbage"];
    assert.ok(!secrets.some((secret) => metrics.includes(secret)), "no token, identity or claim");

    server.key = old.publicKey;
    server.mount(p256().privateKey);
    const sick = await ask("/healthz");
    assert.equal(sick.status, 503);
    assert.match(await sick.text(), /restart the server/);
    assert.match(await (await ask("/metrics")).text(), /^spacetime_keys_exchange_ready 0$/m);
  });
});

describe("the handler", () => {
  it("serves on Node's own server, with toNodeHandler", async () => {
    fresh();
    const node = createServer(toNodeHandler(exchange));
    await new Promise((resolve) => node.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${node.address().port}`;
    try {
      const response = await fetch(`${url}/exchange`, { method: "POST", headers: bearer(given) });
      const { token } = await response.json();
      assert.ok(isGood(token, present.publicKey));
      const passed = await fetch(`${url}/forward-auth`, { headers: bearer(given) });
      assert.match(passed.headers.get("authorization"), /^Bearer /);
      assert.equal((await fetch(`${url}/healthz`, { method: "HEAD" })).status, 200);
    } finally {
      node.closeAllConnections();
      node.close();
    }
  });

  it("wants a URL that leads to a server, and options that there are", () => {
    for (const url of [
      undefined,
      "",
      "a",
      "127.0.0.1:3000",
      "ftp://a",
      "http://user@a",
      "http://:p@a",
    ]) {
      assert.throws(() => createExchange({ server: url }), TypeError, String(url));
    }
    const server = "http://127.0.0.1:3000";
    for (const more of [{ keysDir: "a" }, { now: 5 }, { onError: {} }, { mountedKeysDir: 1 }]) {
      assert.throws(() => createExchange({ server, ...more }), TypeError, JSON.stringify(more));
    }
  });

  it("rejects what is no Request", async () => {
    fresh();
    for (const wrong of [undefined, {}, { headers: {} }, "http://a/exchange"]) {
      await assert.rejects(exchange(wrong), TypeError);
    }
  });
});
