// auditFleet: what `verify --json` says of the same files, sound and broken.

import assert from "node:assert/strict";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";

import { auditFleet } from "spacetime-keys";

import { camel } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import { World } from "./support/fleet.mjs";
import { ec, other, p256 } from "./support/keys.mjs";

const options = () => ({ likelyHost: "local", now: Math.floor(Date.now() / 1000) });
const rotated = (environment, world = new World()) => {
  const { exit } = world.cli("rotate", "--env", environment, "--yes");
  assert.equal(exit, 0, `rotate --env ${environment}`);
  return world;
};

/** The program knows where the file is that others get at, and names it. */
const withoutPaths = (report) => ({
  ...report,
  problems: report.problems.map(({ hint, ...problem }) =>
    problem.code === "ERR_KEY_WORLD_ACCESSIBLE" ? problem : { hint, ...problem },
  ),
});

/** The package's report of a world, after the program's said the same. */
function compare(name, world, { args = ["--env", "all"], contents = {}, ...more } = {}) {
  const { exit, out } = world.cli("verify", ...args);
  assert.ok(exit === 0 || exit === 1, `${name}: the program looks`);
  const report = auditFleet({ ...world.contents(), ...contents }, { ...options(), ...more });
  assert.deepEqual(withoutPaths(report), withoutPaths(camel(out)), name);
  return report;
}

const codes = (report) => report.problems.map((problem) => problem.code);

describe("auditFleet beside the program", () => {
  it("finds an untouched host's vaults empty", () => {
    const report = compare("untouched", new World());
    assert.equal(report.ok, false, "there is nothing in the vaults");
    assert.equal(report.environments.length, 4, "all four");
  });

  it("finds all well after a rotation of everything", () => {
    const report = compare("all rotated", rotated("all"));
    assert.equal(report.ok, true, "all well");
    assert.deepEqual(report.problems, [], "no problem");
    assert.equal(report.mounted.environment, "local", "the likely host");
  });

  it("looks at some environments alone", () => {
    const world = rotated("local");
    const args = ["--env", "local", "--env", "dev"];
    const report = compare("two of four", world, { args, environments: ["local", "dev"] });
    assert.equal(report.ok, true, "those two are well");
    assert.equal(compare("all", world).ok, false, "the others are not there");
  });

  it("finds mismatched pairs, garbage, odd texts and halves", () => {
    const world = rotated("all");
    world.overwrite("prod", "public", other.publicKey);
    assert.equal(compare("mismatched", world).environments[0].status, "mismatched", "prod");
    world.overwrite("prod", "private", "no key at all");
    const report = compare("garbage", world);
    assert.equal(report.environments[0].status, "unreadable", "prod");
    const { publicKey } = world.contents().vaults[1];
    world.overwrite("test", "public", publicKey.replaceAll("\n", "\r\n"));
    compare("odd", world);
    const folder = world.latest("dev", "public").replace(/\/\d+\/value$/, "");
    rmSync(folder, { recursive: true });
    assert.equal(compare("half", world).environments[2].status, "half-written", "dev");
  });

  it("finds pairs that must differ, and those that must not", () => {
    const world = new World();
    const pair = ec;
    for (const environment of ["prod", "test", "dev"]) world.store(environment, pair);
    world.store("local", other);
    const report = compare("one pair for three", world);
    assert.ok(
      report.policy.some(({ rule, ok }) => rule === "distinct" && !ok),
      "not distinct",
    );
    assert.ok(
      report.policy.some(({ rule, ok }) => rule === "shared" && !ok),
      "not shared",
    );
  });

  it("finds pairs that are too old", () => {
    const world = new World();
    const { now } = options();
    for (const environment of ["prod", "test"]) world.store(environment, p256(), now - 91 * 86_400);
    for (const environment of ["dev", "local"]) world.store(environment, ec, now - 86_400 * 2.5);
    const args = ["--max-age-days", "90"];
    const report = compare("old", world, { args, contents: { maxAgeDays: 90 } });
    assert.deepEqual(
      report.environments.map((each) => each.ageDays),
      [91, 91, 2, 2],
      "ages",
    );
    const young = compare("not enforced", world);
    assert.ok(codes(report).length > codes(young).length, "ages count where they are enforced");
  });

  it("finds what is wrong on the host", () => {
    const steps = {
      "another's public key": (world) => writeFileSync(world.publicKey, other.publicKey),
      "readable by all": (world) => chmodSync(world.privateKey, 0o644),
      "no keys": (world) => [world.privateKey, world.publicKey].forEach((path) => rmSync(path)),
      "a broken cli.toml": (world) => writeFileSync(world.cliToml, "= x"),
      "a foreign pair": (world) => {
        writeFileSync(world.privateKey, other.privateKey);
        writeFileSync(world.publicKey, other.publicKey);
      },
      garbage: (world) => writeFileSync(world.privateKey, "garbage"),
    };
    for (const [name, change] of Object.entries(steps)) {
      const world = rotated("local");
      change(world);
      const args = ["--env", "local"];
      const report = compare(name, world, { args, environments: ["local"] });
      assert.notDeepEqual(report.problems, [], `${name}: something is found`);
    }
  });

  it("misses the publisher that is in escrow, and no other", () => {
    const noToken = 'default_server = "x"\n';
    const options = { args: ["--env", "local"], environments: ["local"] };
    const never = new World();
    writeFileSync(never.cliToml, noToken);
    never.cli("rotate", "--env", "local", "--yes", "--no-preserve-publisher-token");
    const world = rotated("local");
    for (const [name, text, ok, found] of [
      ["no token", noToken, false, ["ERR_TOKEN_MISSING"]],
      ["no cli.toml", null, true, ["ERR_CLI_TOML_MISSING"]],
    ]) {
      for (const [host, expected] of [
        [world, [ok, null, found]],
        [never, [true, null, []]],
      ]) {
        if (text === null) rmSync(host.cliToml);
        else writeFileSync(host.cliToml, text);
        const report = compare(name, host, options);
        assert.deepEqual([report.ok, report.publisher, codes(report)], expected, name);
      }
    }
  });
});

describe("auditFleet", () => {
  const vault = (environment, pair) => ({ environment, vault: `kv-${environment}`, ...pair });

  it("lets dev and local share a pair unless told, and nobody else", () => {
    const now = 1_800_000_000;
    const pairs = { prod: p256(), test: p256(), dev: ec, local: ec };
    const vaults = Object.entries(pairs).map(([name, pair]) => vault(name, pair));
    assert.equal(auditFleet({ vaults }, { now }).ok, true, "the default");
    assert.equal(auditFleet({ vaults, groups: [] }, { now }).ok, false, "all alone");
    const groups = [
      ["prod", "test"],
      ["dev", "local"],
    ];
    assert.equal(auditFleet({ vaults, groups }, { now }).ok, false, "prod and test are two");
  });

  it("says null of an age that it was not told", () => {
    const [found] = auditFleet({ vaults: [vault("prod", ec)] }).environments;
    assert.equal(found.ageDays, null, "no age");
    assert.equal(found.status, "ok", "a good pair all the same");
  });

  it("looks at no host where none is, or where it is told so", () => {
    const vaults = [vault("prod", ec)];
    const without = auditFleet({ vaults, host: { cliToml: "= x" } }, { host: false });
    assert.deepEqual([without.mounted, without.publisher], [null, null], "told so");
    assert.equal(without.ok, true, "what is on the host does not matter");
  });

  it("names a vault that cannot be read", () => {
    const report = auditFleet({ vaults: [{ environment: "prod", vault: "v", unavailable: true }] });
    assert.equal(report.environments[0].status, "unavailable", "the status");
    assert.equal(report.ok, false, "not well");
  });

  it("takes names of one's own", () => {
    const vaults = [vault("eu-prod", ec), vault("staging", other)];
    const report = auditFleet({ vaults });
    assert.deepEqual(
      report.environments.map(({ name }) => name),
      ["eu-prod", "staging"],
      "names",
    );
    assert.equal(report.ok, true, "all well");
  });

  it("refuses by code", () => {
    const vaults = [vault("prod", ec), vault("test", other)];
    const attempt = (contents, more) => () => auditFleet({ vaults, ...contents }, more);
    keysError(attempt({}, { environments: ["dev"] }), "ERR_ENVIRONMENT_UNKNOWN", "unknown");
    keysError(attempt({ vaults: [vault("a b", ec)] }), "ERR_ENVIRONMENT_NAME", "no name");
    keysError(attempt({ groups: [["prod"], ["prod"]] }), "ERR_POLICY_GROUPS", "in two groups");
  });

  it("shows no key and no token", () => {
    const world = rotated("all");
    const text = JSON.stringify(auditFleet(world.contents(), options()));
    assert.doesNotMatch(text, /BEGIN|eyJ/, "fingerprints and identities alone");
  });
});
