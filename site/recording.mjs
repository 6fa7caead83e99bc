// The terminal recording of the README: a first rotation on a throwaway host, run by the program and drawn as SVG.
//
//   node site/recording.mjs            runs it, and writes docs/images/first-rotation.svg
//   node site/recording.mjs --check    runs it, and compares: the text of the picture is what the program prints today
//
// SPACETIME_KEYS_BIN names the program. The host is the fixture that all tests use; its keys sign nothing anywhere. In the
// picture the host's folder is ~/stdb, whatever it was here.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { check, finish } from "../spacetime-keys-node/test/real-server/support/checks.mjs";
import { draw, textOf } from "./terminal.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PICTURE = join(ROOT, "docs/images/first-rotation.svg");
const COMMANDS = [
  "spacetime-keys init",
  "spacetime-keys rotate --yes",
  "spacetime-keys verify --quiet",
];

/** What a person at the host sees: each command, and the lines that it prints. */
function run() {
  const program = resolve(
    process.env.SPACETIME_KEYS_BIN ?? join(ROOT, "target/debug/spacetime-keys"),
  );
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "spacetime-keys-recording-")));
  try {
    cpSync(join(ROOT, "tests/fixtures/real-host"), folder, { recursive: true });
    for (const secret of [
      ".generated/spacetimedb-keys/id_ecdsa",
      "data/.config/spacetime/cli.toml",
    ]) {
      chmodSync(join(folder, secret), 0o600);
    }
    const env = { PATH: `${dirname(program)}:${process.env.PATH}`, HOME: folder };
    return COMMANDS.map((command) => {
      const script = `exec 2>&1; ${command}`;
      const printed = execFileSync("bash", ["-c", script], { cwd: folder, env, encoding: "utf8" });
      return { command, lines: printed.replaceAll(folder, "~/stdb").trimEnd().split("\n") };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without what is another one in each run: the new pair, the run's id. */
function withoutChance(text) {
  return text
    .replace(/\b\d{8}T\d{6}Z-[0-9a-f]{8}\b/g, "RUN")
    .replace(/\b[0-9a-f]{16,64}\b/g, (hex) => {
      // The pair and the owner that the fixture has.
      return /^(?:9822f3cb|c2001332)/.test(hex) ? hex : "HEX";
    });
}

const picture = draw(run());
if (process.argv[2] !== "--check") {
  writeFileSync(PICTURE, picture);
  process.exit();
}

await check("the recording shows what the program prints today", () => {
  const kept = withoutChance(textOf(readFileSync(PICTURE, "utf8")));
  const hint = "run node site/recording.mjs, and look at the difference";
  assert.equal(kept, withoutChance(textOf(picture)), hint);
});

await check("it is the picture of a rotation that keeps the owner", () => {
  const text = textOf(picture);
  for (const words of ["$ spacetime-keys rotate --yes", "done and proven", "(the same)"]) {
    assert.ok(text.includes(words), words);
  }
});

await check("no path of this machine and no secret is in it", () => {
  for (const svg of [picture, readFileSync(PICTURE, "utf8")]) {
    assert.doesNotMatch(svg, /\/tmp|\/home|\/root|PRIVATE|eyJ/);
  }
});

await check("a change of what is printed is seen", () => {
  const changed = draw([{ command: COMMANDS[0], lines: ["another & <line>"] }]);
  assert.equal(textOf(changed), `$ ${COMMANDS[0]}\nanother & <line>`);
  assert.notEqual(withoutChance(textOf(changed)), withoutChance(textOf(picture)));
  assert.equal(withoutChance(`run 20261122T050616Z-cb281420 ${"a".repeat(64)}`), "run RUN HEX");
});

finish(4);
