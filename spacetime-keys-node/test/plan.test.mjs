// planRotation: the steps that `--dry-run --json` prints of the same files.

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";

import { fingerprint, planRotation } from "spacetime-keys";

import { camel, pick } from "./support/cli.mjs";
import { keysError } from "./support/errors.mjs";
import { World, environments } from "./support/fleet.mjs";
import { ec, hostPrivate, other } from "./support/keys.mjs";

const rotated = (environment, world = new World()) => {
  assert.equal(world.cli("rotate", "--env", environment, "--yes").exit, 0, "a rotation");
  return world;
};

/** Both plan; refusals must be the same, too. */
function compare(name, world, args, request) {
  const { exit, out } = world.cli(...args, "--dry-run");
  const attempt = () => planRotation(world.contents(), request);
  if (exit !== 0) {
    const error = keysError(attempt, out.error.code, name);
    return { error };
  }
  const plan = attempt();
  const steps = plan.steps.map(({ action, environment }) => [action, environment]);
  assert.deepEqual(
    steps,
    out.steps.map((each) => [each.step, each.environment]),
    `${name}: steps`,
  );
  assert.deepEqual(plan.notes, out.notes, `${name}: notes`);
  assert.deepEqual(
    plan.targets.map((target) => [target.environments, target.source.fingerprint ?? null]),
    out.pairs.map((pair) => [pair.environments, pair.fingerprint]),
    `${name}: targets`,
  );
  const theirs = out.publisher && camel(out.publisher);
  assert.deepEqual(
    plan.publisher,
    theirs && pick(theirs, "identity", "issuer", "subject"),
    `${name}: the publisher`,
  );
  assert.equal(plan.verifiedWith, theirs?.verifiedWith ?? null, `${name}: verified with`);
  for (const { target } of plan.steps) assert.ok(plan.targets[target], `${name}: a target each`);
  return plan;
}

const local = { environments: ["local"], host: "local" };

describe("planRotation beside the program", () => {
  it("plans a first rotation, which adopts the mounted pair", () => {
    const world = new World();
    const args = ["rotate", "--env", "local"];
    const plan = compare("adopt", world, args, { operation: "rotate", ...local });
    assert.equal(plan.targets[0].source.kind, "new", "a new pair");
    assert.equal(plan.targets[0].adopt, fingerprint(hostPrivate), "the mounted one first");
    assert.deepEqual(plan.host, { environment: "local", target: 0 }, "this host");
    assert.equal(JSON.parse(plan.escrow).publishers.length, 1, "the publisher goes to escrow");
    assert.ok(plan.notes.includes("adopts"), "a person is told");
  });

  it("plans a rotation of everything", () => {
    const request = { operation: "rotate", environments, host: "local" };
    const plan = compare("all", new World(), ["rotate", "--env", "all"], request);
    assert.equal(plan.targets.length, 3, "three groups");
    const args = ["rotate", "--env", "prod", "--host-env", "local"];
    const prod = { operation: "rotate", environments: ["prod"], host: "local" };
    compare("prod, from elsewhere", rotated("local"), args, prod);
  });

  it("plans a second rotation, a rollback, a sync and a resume", () => {
    const world = rotated("local");
    for (const operation of ["rotate", "rollback", "sync", "resume"]) {
      const args = [operation, "--env", "local"];
      compare(operation, world, args, { operation, ...local });
    }
    const behind = rotated("local");
    writeFileSync(behind.privateKey, behind.contents().vaults[3].earlier[0].privateKey);
    writeFileSync(behind.publicKey, other.publicKey);
    compare("sync of a host that is behind", behind, ["sync", "--env", "local"], {
      operation: "sync",
      ...local,
    });
  });

  it("heeds each wish", () => {
    const args = (...more) => ["rotate", "--env", "local", ...more];
    const wishes = [
      ["--no-sync-mounted-keys", { syncMounted: false }],
      ["--no-preserve-publisher-token", { preservePublisher: false }],
      ["--allow-unverified", { allowUnverified: true }],
      ["--allow-external-issuer", { allowExternalIssuer: true }],
    ];
    for (const [flag, wish] of wishes) {
      compare(flag, new World(), args(flag), { operation: "rotate", ...local, ...wish });
    }
    const identity = `c200${"0".repeat(60)}`;
    const real = planRotation(new World().contents(), { operation: "rotate", ...local }).publisher;
    for (const expectIdentity of [real.identity, identity]) {
      const more = ["--expect-identity", expectIdentity];
      if (expectIdentity === identity) {
        const request = { operation: "rotate", ...local, expectIdentity };
        keysError(() => planRotation(new World().contents(), request), undefined, "no identity");
        continue;
      }
      const request = { operation: "rotate", ...local, expectIdentity };
      compare("expected", new World(), args(...more), request);
    }
  });

  it("refuses what is unsafe by the same code, and names the environment", () => {
    const unsound = rotated("all");
    unsound.overwrite("dev", "public", other.publicKey);
    const rotate = { operation: "rotate", ...local };
    const { error } = compare("unsound", unsound, ["rotate", "--env", "local"], rotate);
    assert.equal(error.code, "ERR_GROUP_UNSOUND", "unsound");
    assert.ok(["dev", "local"].includes(error.environment), "the group is named");
    const mended = compare("resume", unsound, ["resume", "--env", "local"], {
      operation: "resume",
      ...local,
    });
    assert.ok(mended.steps.length > 0, "resume mends it");

    const foreign = rotated("local");
    writeFileSync(foreign.privateKey, ec.privateKey);
    writeFileSync(foreign.publicKey, ec.publicKey);
    const stranger = compare("a stranger", foreign, ["rotate", "--env", "local"], rotate);
    assert.equal(stranger.error.code, "ERR_MOUNTED_UNKNOWN", "unknown");
    const adopt = ["rotate", "--env", "local", "--adopt-mounted"];
    // The old token was not signed by the stranger: that is refused next.
    compare("adopted", foreign, adopt, { ...rotate, adoptMounted: true });

    const nothing = new World();
    rmSync(nothing.privateKey);
    rmSync(nothing.publicKey);
    compare("no keys mounted", nothing, ["rotate", "--env", "local"], rotate);
    compare("nothing to go back to", nothing, ["rollback", "--env", "local"], {
      operation: "rollback",
      ...local,
    });
    compare("an empty vault", nothing, ["sync", "--env", "local"], { operation: "sync", ...local });
    const lost = rotated("local");
    for (const environment of ["dev", "local"]) {
      rmSync(lost.latest(environment, "private").replace(/\/\d+\/value$/, ""), { recursive: true });
    }
    rmSync(lost.privateKey);
    compare("a lost key", lost, ["rotate", "--env", "local"], rotate);
    const flag = ["rotate", "--env", "local", "--replace-lost-key"];
    compare("replaced", lost, flag, { ...rotate, replaceLostKey: true });
  });
});

describe("planRotation", () => {
  it("refuses environments that are not there", () => {
    const contents = new World().contents();
    const attempt = (request) => () => planRotation(contents, { operation: "rotate", ...request });
    keysError(attempt({ environments: ["moon"] }), "ERR_ENVIRONMENT_UNKNOWN", "unknown");
    keysError(
      attempt({ environments: ["local"], host: "moon" }),
      "ERR_ENVIRONMENT_UNKNOWN",
      "an unknown host",
    );
  });

  it("changes nothing in what it is given", () => {
    const contents = new World().contents();
    const before = structuredClone(contents);
    planRotation(contents, { operation: "rotate", ...local });
    assert.deepEqual(contents, before, "as it was");
  });

  it("shows no key and no token", () => {
    const plan = planRotation(new World().contents(), { operation: "rotate", ...local });
    assert.doesNotMatch(JSON.stringify(plan), /BEGIN|eyJ/, "fingerprints and identities alone");
  });
});
