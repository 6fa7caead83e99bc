// What publint and "are the types wrong" say of a packed package: the checks that registries' pages show.

import { readFileSync } from "node:fs";

import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

/** What publint says, suggestions too. */
export async function lints(tarball) {
  const bytes = readFileSync(tarball);
  const packed = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: packed }, strict: true });
  return messages.map((message) => formatMessage(message, pkg, { color: false }));
}

/** `spacetime-keys/web` is an ES module only, for it waits for its module; and "node10" knows no such entries. */
const isKnown = ({ entrypoint, kind, resolutionKind }) =>
  entrypoint === "./web" &&
  [kind, resolutionKind].join() in { "NoResolution,node10": 1, "CJSResolvesToESM,node16-cjs": 1 };

/** The faults of its types, in each way that TypeScript resolves a package by. */
export async function typeFaults(tarball) {
  const packed = createPackageFromTarballData(new Uint8Array(readFileSync(tarball)));
  const { types, problems } = await checkPackage(packed);
  return types === false ? ["it has no types"] : problems.filter((fault) => !isKnown(fault));
}
