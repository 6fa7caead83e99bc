// The example's page in a real Chromium: `node test/examples/gateway/browser.mjs node|bun [--pictures FOLDER]`.
// What a person does and sees. The browser's `EventSource` is nobody's imitation.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { check, finish } from "../../real-server/support/checks.mjs";
import { Chromium } from "../../support/chromium.mjs";
import { Relay } from "../../support/relay.mjs";
import { World } from "./world.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pictures: { type: "string" } },
});
const world = await World.start(positionals[0] ?? "node");
const relay = await Relay.start(Number(new URL(world.app.issuer).port));
const chromium = await Chromium.start({
  proxy: `http://127.0.0.1:${relay.port}`,
  width: 640,
  height: 320,
});

async function picture(name) {
  if (!values.pictures) return;
  const png = await chromium.picture();
  assert.ok(png.length < 60_000, `${name}: ${png.length} bytes`);
  writeFileSync(join(values.pictures, `${name}.png`), png);
}

async function logIn(user) {
  await chromium.until(isSeen("#login"));
  await chromium.type("#login [name=user]", user);
  await chromium.type("#login [name=password]", world.password);
  await chromium.press("Enter");
  await isLive();
}

/** On the screen: what is marked as hidden may be there all the same. */
const isSeen = (selector) => `document.querySelector('${selector}').offsetParent !== null`;
const isLive = () => chromium.until("document.querySelector('#state').value === 'live'");
const shows = (title) => chromium.until(`(${TITLES}).includes(${JSON.stringify(title)})`);
/** What is on the screen, the newest first. */
const TITLES = "[...document.querySelectorAll('li')].map((line) => line.firstChild.textContent)";
const titles = () => chromium.evaluate(TITLES);
const message = (text) =>
  chromium.until(`document.querySelector('#message').textContent === ${JSON.stringify(text)}`);

/** The ids that the browser has come back with, in its own words. */
const lastIds = () => [...relay.sent.matchAll(/^last-event-id: (.*)\r$/gim)].map(([, id]) => id);

const MARKUP = "<img src=x onerror=alert(1)><b>bold</b>";

await check("a wrong password is told, and the right one shows the documents", async () => {
  await world.write("u_1", "acme", "Was there before");
  await world.write("u_2", "globex", "Another tenant's");
  await chromium.open(`${world.app.issuer}/`);
  await chromium.until("document.readyState === 'complete'");
  await chromium.type("#login [name=user]", "alice");
  await chromium.type("#login [name=password]", "a guess");
  await chromium.press("Enter");
  await message("No such user, or another password.");
  await chromium.evaluate("document.querySelector('#login').reset()");
  await logIn("alice");
  assert.deepEqual(await titles(), ["Was there before"]);
  assert.equal(await chromium.evaluate(isSeen("#login")), false);
});

await check("what others write is shown while one looks", async () => {
  for (const title of ["Minutes of Monday", "Budget", MARKUP]) {
    await world.write("u_1", "acme", title);
    await shows(title);
  }
  assert.equal(await chromium.evaluate("document.querySelectorAll('li b, li img').length"), 0);
  const { documents } = (await world.app.get("/api/documents", await world.logIn("alice"))).json;
  await world.delete("u_1", "acme", documents.find(({ title }) => title === MARKUP).id);
  await chromium.until(`!(${TITLES}).includes(${JSON.stringify(MARKUP)})`);
});

await check("what one writes comes by the stream, as the user's", async () => {
  await chromium.type("#write [name=title]", "Written in the browser");
  await chromium.press("Enter");
  await shows("Written in the browser");
  const rows = await world.rows(
    "SELECT changed_by FROM document WHERE title = 'Written in the browser'",
  );
  assert.ok(JSON.stringify(rows).includes(world.identity("u_1")));
  await picture("gateway-live");
});

await check("after a cut line the browser comes back, and is told what it missed", async () => {
  assert.deepEqual(lastIds(), [], "it had no reason to come back");
  const { id } = (await world.app.get("/api/documents", await world.logIn("alice"))).json;
  await relay.cut();
  await chromium.until("document.querySelector('#state').value === 'away'");
  for (const title of ["Missed 1", "Missed 2"]) await world.write("u_1", "acme", title);
  assert.ok(!(await titles()).includes("Missed 1"));
  await picture("gateway-away");
  await relay.mend();
  await isLive();
  for (const title of ["Missed 1", "Missed 2"]) await shows(title);
  assert.equal(lastIds().at(-1), id, "with the id of the last event before the cut");
  const all = await titles();
  assert.equal(new Set(all).size, all.length, "nothing twice");
  assert.equal(all.length, 6);
  await picture("gateway-back");
});

await check("after the gateway's restart it asks for a login, and is up to date", async () => {
  await world.app.restart();
  await message("Please log in again.");
  assert.deepEqual(await titles(), [], "nothing is left on the screen");
  await world.connected();
  await world.write("u_1", "acme", "While logged out");
  await logIn("alice");
  await shows("While logged out");
  await world.write("u_1", "acme", "And live again");
  await shows("And live again");
});

await check("a database that is away for a while is not noticed by who reads", async () => {
  await world.database.stop();
  await chromium.type("#write [name=title]", "In vain");
  await chromium.press("Enter");
  await message("It could not be written.");
  assert.equal(await chromium.evaluate("document.querySelector('#state').value"), "live");
  await world.database.startAgain();
  await world.connected();
  await chromium.press("Enter");
  await shows("In vain");
});

await check("a membership that is revoked ends it, and says so", async () => {
  await world.call("revoke_membership", ["acme", world.argument("u_1")]);
  await message("You may no longer see these documents.");
  assert.deepEqual(await titles(), []);
  assert.deepEqual(
    [await chromium.evaluate(isSeen("#write")), await chromium.evaluate(isSeen("#login"))],
    [false, true],
  );
  await picture("gateway-revoked");
});

await check("the page has thrown nothing, and has kept its policy", () => {
  assert.deepEqual(chromium.complaints, []);
  assert.doesNotMatch(relay.sent, /eyJ/, "no token has come to the browser");
});

await chromium.stop();
finish(8);
