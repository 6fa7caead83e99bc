// toNodeHandler: what a handler sees of Node's requests, and what Node sends of its answers. Spoken to
// over plain sockets where a client would tidy up what it sends.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, it } from "node:test";

import { toNodeHandler } from "spacetime-keys";

const servers = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Serves a listener of Node's, and gives the port. */
async function listen(listener) {
  const server = createServer(listener);
  servers.push(server);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server.address().port;
}

/** Serves a handler, and gives what errors it told, and a way to ask it. */
async function serve(handler, options = {}, before = () => {}) {
  const errors = [];
  const listener = toNodeHandler(handler, { onError: (error) => errors.push(error), ...options });
  const port = await listen((request, response) => {
    before(request, response);
    listener(request, response);
  });
  const url = `http://127.0.0.1:${port}`;
  return { errors, port, url, ask: (path = "/", options) => fetch(url + path, options) };
}

/** Sends this text, and gives all that comes until the other side closes, or `last` has come. */
function raw(port, text, last = "\r\n\r\n") {
  return new Promise((resolve, reject) => {
    let came = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("error", reject);
    socket.on("close", () => resolve(came));
    socket.setTimeout(30_000, () => socket.destroy(new Error("nothing more came")));
    socket.on("data", (data) => {
      came += data.toString("latin1");
      if (came.includes(last)) socket.destroy();
    });
  });
}

const status = (reply) => Number(reply.match(/^HTTP\/1\.1 (\d+)/)?.[1]);
const echo = async (request) =>
  Response.json({
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(request.headers),
    body: Buffer.from(await request.arrayBuffer()).toString("base64"),
  });

/** Until it is so. */
async function until(isSo) {
  for (let turn = 0; turn < 1000; turn += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail("it never was so");
}

describe("what a handler sees", () => {
  it("is method, URL, fields and body", async () => {
    const { ask, port } = await serve(echo);
    const body = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 256));
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const reply = await ask("/a/b%20c?d=e&d=f", { method, body, headers: { "x-one": "1" } });
      const seen = await reply.json();
      assert.equal(seen.method, method);
      assert.equal(seen.url, `http://127.0.0.1:${port}/a/b%20c?d=e&d=f`);
      assert.equal(seen.headers["x-one"], "1");
      assert.equal(seen.body, body.toString("base64"), method);
    }
    for (const method of ["GET", "DELETE", "OPTIONS", "POST"]) {
      const seen = await (await ask("/", { method })).json();
      assert.deepEqual([seen.method, seen.body], [method, ""], "without a body");
    }
    assert.equal((await ask("/", { method: "HEAD" })).status, 200);
  });

  it("is a body that comes in pieces", async () => {
    const { port } = await serve(echo);
    const reply = await raw(
      port,
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
      "}",
    );
    assert.ok(reply.includes(`"body":"${Buffer.from("abcde").toString("base64")}"`), reply);
  });

  it("is every field that came several times", async () => {
    const { port } = await serve(echo);
    const fields = ["Cookie: a=1", "Cookie: b=2", "X-Many: 1", "X-Many: 2"];
    const twice = ["Authorization: Bearer a", "AUTHORIZATION: Bearer b"];
    const head = ["GET / HTTP/1.1", "Host: a", ...fields, ...twice, "", ""].join("\r\n");
    const { headers } = JSON.parse((await raw(port, head, "}")).match(/\{.*\}/s)[0]);
    assert.equal(headers.cookie, "a=1; b=2", "as one cookie field (RFC 6265, section 5.4)");
    assert.equal(headers["x-many"], "1, 2");
    assert.equal(headers.authorization, "Bearer a, Bearer b", "none is chosen");
  });

  it("is what came before it has left", async () => {
    const { ask } = await serve(echo, {}, (request) => {
      delete request.headers["x-internal"];
      request.headers["x-user"] = "alice";
      request.headers["x-none"] = undefined;
      request.headers.authorization = "Bearer ours";
      request.url = "/rest?a=b";
    });
    const headers = { "x-internal": "1", "x-user": "mallory", authorization: "Bearer theirs" };
    const seen = await (await ask("/path/rest?a=b", { headers })).json();
    assert.ok(!("x-internal" in seen.headers), "what was taken out stays out");
    assert.equal(seen.headers["x-user"], "alice");
    assert.equal(seen.headers.authorization, "Bearer ours");
    assert.ok(!("x-none" in seen.headers));
    assert.equal(new URL(seen.url).pathname, "/rest", "the rest of a path, as Express leaves it");
  });

  it("is a URL of the host that was asked, whatever the path looks like", async () => {
    const { port } = await serve(echo);
    for (const [target, host, expected] of [
      ["//evil.example/a", "app.example", "http://app.example//evil.example/a"],
      ["http://evil.example/a?b", "app.example:81", "http://app.example:81/a?b"],
      ["http://evil.example", "app.example", "http://app.example/"],
      ["/a@evil.example", "[::1]:80", "http://[::1]/a@evil.example"],
      ["/\\evil.example", "a_b.example", "http://a_b.example//evil.example"],
    ]) {
      const reply = await raw(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, "}");
      assert.ok(reply.includes(`"url":"${expected}"`), `${target}: ${reply}`);
    }
    const old = await raw(port, "GET /a HTTP/1.0\r\n\r\n", "}");
    assert.ok(old.includes('"url":"http://localhost/a"'), "without a host");
  });
});

describe("what is refused before a handler sees it", () => {
  it("is a host that is none", async () => {
    const { port, errors } = await serve(() => assert.fail("it is not called"));
    for (const host of [
      "user@evil.example",
      "a/b",
      "a?b",
      "a#b",
      "a b",
      "a:b",
      "[::1",
      "h\u00e4",
    ]) {
      const text = Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, "latin1");
      assert.equal(status(await raw(port, text)), 400, host);
    }
    assert.deepEqual(errors, []);
  });

  it("is a method that no Request can have", async () => {
    const { port } = await serve(() => assert.fail("it is not called"));
    assert.equal(status(await raw(port, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n")), 501);
  });

  it("is a body over the limit, by its length or by its bytes", async () => {
    const { ask, port, errors } = await serve(echo, { bodyLimit: 1000 });
    assert.equal(
      (await ask("/", { method: "POST", body: "x".repeat(1000) })).status,
      200,
      "just so",
    );
    const byLength = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n";
    assert.equal(status(await raw(port, byLength, "never")), 413, "and the connection ends");
    const chunk = `3e9\r\n${"x".repeat(1001)}\r\n`;
    const byBytes = `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`;
    assert.equal(status(await raw(port, byBytes, "never")), 413, "without waiting for the end");
    const none = await serve(echo, { bodyLimit: 0 });
    assert.equal((await none.ask("/", { method: "POST" })).status, 200, "none at all");
    assert.equal((await none.ask("/", { method: "POST", body: "x" })).status, 413);
    const unless = await serve(echo);
    const most = "x".repeat(1 << 20);
    assert.equal((await unless.ask("/", { method: "POST", body: most })).status, 200, "1 MiB");
    assert.equal((await unless.ask("/", { method: "POST", body: `${most}x` })).status, 413);
    assert.deepEqual(errors, []);
  });
});

describe("what is sent of an answer", () => {
  it("is status, fields and body", async () => {
    const answer = () =>
      new Response("h\u00e4", {
        status: 418,
        headers: { "x-a": "1, 2", "content-type": "text/x" },
      });
    const reply = await (await serve(answer)).ask();
    assert.equal(reply.status, 418);
    assert.equal(reply.headers.get("x-a"), "1, 2");
    assert.equal(reply.headers.get("content-type"), "text/x");
    assert.equal(await reply.text(), "h\u00e4");
  });

  it("is a field for each cookie, beside those that are there", async () => {
    const answer = () => {
      const headers = new Headers({ "x-a": "1" });
      headers.append("set-cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
      headers.append("set-cookie", "b=2");
      return new Response(null, { headers });
    };
    const { port } = await serve(answer, {}, (_, response) =>
      response.setHeader("set-cookie", "c=3"),
    );
    const reply = await raw(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const cookies = [...reply.matchAll(/^set-cookie: (.*)\r$/gim)].map(([, cookie]) => cookie);
    assert.deepEqual(cookies, ["c=3", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"]);
  });

  it("is nothing that is about another connection", async () => {
    const headers = { "transfer-encoding": "gzip", "keep-alive": "timeout=99", upgrade: "x" };
    const { ask } = await serve(() => new Response("a", { headers: { ...headers, "x-a": "1" } }));
    const reply = await ask();
    assert.equal(await reply.text(), "a");
    assert.equal(reply.headers.get("x-a"), "1");
    assert.notEqual(reply.headers.get("transfer-encoding"), "gzip");
    assert.equal(reply.headers.get("upgrade"), null);
  });

  it("is no body where there may be none, and the stream is let go", async () => {
    let cancelled = 0;
    const body = () => new ReadableStream({ cancel: () => void (cancelled += 1) });
    const { ask } = await serve((request) =>
      request.method === "HEAD"
        ? new Response(body(), { headers: { "content-length": "5" } })
        : new Response(null, { status: 204 }),
    );
    const head = await ask("/", { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, "5"]);
    assert.equal(cancelled, 1);
    const none = await ask();
    assert.deepEqual([none.status, await none.text()], [204, ""]);
  });

  it("is a stream as it comes", async () => {
    let controller;
    const body = new ReadableStream({ start: (given) => void (controller = given) });
    const { ask } = await serve(() => new Response(body));
    const reply = await ask();
    assert.equal(reply.status, 200, "the head is there before the first event");
    const reader = reply.body.getReader();
    for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
      controller.enqueue(new TextEncoder().encode(event));
      const { value } = await reader.read();
      assert.equal(new TextDecoder().decode(value), event, "before the next is sent");
    }
    controller.close();
    assert.equal((await reader.read()).done, true);
  });

  it("is held back while the client does not read", async () => {
    let pulled = 0;
    const chunk = new Uint8Array(1 << 16);
    const body = () =>
      new ReadableStream({
        pull(controller) {
          pulled += 1;
          if (pulled > 20_000) controller.close();
          else controller.enqueue(chunk);
        },
      });
    const { port } = await serve(() => new Response(body()));
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    );
    socket.pause();
    socket.on("error", () => {});
    let before = -1;
    // 1.3 GB would come, were it not for that.
    await until(async () => {
      const isStill = pulled > 0 && pulled === before;
      before = pulled;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return isStill;
    });
    assert.ok(pulled < 2000, `${pulled} chunks were taken`);
    socket.destroy();
  });
});

describe("when the client goes away", () => {
  it("the signal says so, and nobody is told of an error", async () => {
    let signal;
    const { port, errors } = await serve((request) => {
      ({ signal } = request);
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("stopped")));
      });
    });
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    );
    await until(() => signal !== undefined);
    assert.equal(signal.aborted, false, "not before");
    socket.destroy();
    await until(() => signal.aborted);
    assert.deepEqual(errors, []);
  });

  it("an answer that is ready stays good", async () => {
    let signal;
    const { ask } = await serve((request) => {
      ({ signal } = request);
      return new Response("a");
    });
    assert.equal(await (await ask()).text(), "a");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(signal.aborted, false, "it is no client that went away");
  });

  it("a stream is cancelled", async () => {
    let cancelled = false;
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
      cancel: () => void (cancelled = true),
    });
    const { port, errors } = await serve(() => new Response(body));
    await raw(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "data: 1");
    await until(() => cancelled);
    assert.deepEqual(errors, []);
  });

  it("in the middle of its body, the handler is not called", async () => {
    let called = false;
    let arrived = false;
    const { port, errors } = await serve(
      () => {
        called = true;
        return new Response();
      },
      {},
      (request) => {
        arrived = true;
        request.socket.on("close", () => {
          arrived = "gone";
        });
      },
    );
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"),
    );
    await until(() => arrived === true);
    socket.destroy();
    await until(() => arrived === "gone");
    assert.deepEqual([called, errors], [false, []]);
  });
});

describe("what a handler throws", () => {
  const secret = "a word that is nobody's business";
  const wrong = {
    "an error": () => {
      throw new Error(secret);
    },
    "a rejection": () => Promise.reject(new Error(secret)),
    "what is no error": () => {
      throw secret;
    },
    "no answer": () => undefined,
    "a text for an answer": () => secret,
    "the answer of an error": () => Response.error(),
    "a field that cannot be sent": () => new Response(secret, { headers: { "x-a": "a\u0001b" } }),
  };

  for (const [name, handler] of Object.entries(wrong)) {
    it(`is a 500 without text, and told: ${name}`, async () => {
      const { ask, errors } = await serve(handler, {}, (_, response) =>
        response.setHeader("x-before", secret),
      );
      const reply = await ask();
      assert.equal(reply.status, 500);
      assert.equal(await reply.text(), "");
      assert.ok(![...reply.headers].flat().some((text) => text.includes(secret)));
      assert.equal(errors.length, 1, "once");
    });
  }

  it("is that very error", async () => {
    const error = new Error(secret);
    const { ask, errors } = await serve(() => Promise.reject(error));
    await ask();
    assert.equal(errors[0], error);
  });

  it("ends the connection where the head was sent before", async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("begun")),
      pull: () => Promise.reject(new Error(secret)),
    });
    const { port, errors } = await serve(() => new Response(body));
    const reply = await raw(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "0\r\n\r\n");
    assert.ok(!reply.endsWith("0\r\n\r\n"), "it is not taken for whole");
    assert.ok(!reply.includes(secret));
    assert.equal(errors.length, 1);
  });

  it("is printed by its name alone unless somebody wants it", async () => {
    const printed = [];
    const { error: print } = console;
    console.error = (...all) => printed.push(all.join(" "));
    try {
      const { ask } = await serve(() => Promise.reject(new RangeError(secret)), {
        onError: undefined,
      });
      assert.equal((await ask()).status, 500);
    } finally {
      console.error = print;
    }
    assert.deepEqual(printed, ["spacetime-keys: a handler failed: RangeError"]);
  });

  it("is told, too, when the body was read before", async () => {
    const { errors, port } = await (async () => {
      const told = [];
      const listener = toNodeHandler(echo, { onError: (error) => told.push(error) });
      const at = await listen((request, response) => {
        request.on("end", () => setImmediate(listener, request, response));
        request.resume();
      });
      return { errors: told, port: at };
    })();
    const reply = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "{}" });
    assert.equal(reply.status, 500);
    assert.match(errors[0].message, /before what parses bodies/);
  });
});

describe("toNodeHandler", () => {
  it("wants a function, and options that there are", () => {
    for (const wrong of [undefined, null, {}, "handler"]) {
      assert.throws(() => toNodeHandler(wrong), TypeError);
    }
    for (const options of [null, { limit: 1 }, { bodyLimit: -1 }, { onError: "log" }]) {
      assert.throws(() => toNodeHandler(echo, options), TypeError);
    }
  });
});
