// index.d.ts: compiles in programs of every kind, says what is there at run time, and explains it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";

import * as api from "spacetime-keys";
import ts from "typescript";

import { packageFolder, read } from "./support/files.mjs";

const consumer = read(join(packageFolder, "test/types.test-d.ts"));
const strict = { strict: true, noEmit: true, noUnusedLocals: true, skipLibCheck: false, types: [] };
const base = { ...strict, target: ts.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts"] };
const settings = {
  node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
};

// Parsed once: the libraries are the same for all.
const parsed = new Map();

/** Compiles a text as if it were a file in this folder, and returns the complaints. */
function compile(name, text, options) {
  const path = join(packageFolder, "test", name);
  const host = ts.createCompilerHost({ ...base, ...options });
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => file === path || fileExists.call(host, file);
  host.readFile = (file) => (file === path ? text : readFile.call(host, file));
  host.getSourceFile = (file, target, ...rest) => {
    if (file === path) return ts.createSourceFile(file, text, target, true);
    // What a file is, depends on how it was found.
    const key = JSON.stringify([file, target]);
    if (!parsed.has(key)) parsed.set(key, getSourceFile.call(host, file, target, ...rest));
    return parsed.get(key);
  };
  const program = ts.createProgram([path], { ...base, ...options }, host);
  const complaints = ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const { line } = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start) ?? {};
    return `${line + 1}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")}`;
  });
  return complaints;
}

describe("index.d.ts", () => {
  for (const [name, options] of Object.entries(settings)) {
    it(`compiles with ${name}, as an ES module and as CommonJS`, () => {
      const extensions = name === "bundler" ? ["ts", "mts"] : ["ts", "mts", "cts"];
      for (const extension of extensions) {
        const complaints = compile(`consumer.${extension}`, consumer, options);
        assert.deepEqual(complaints, [], `as .${extension}`);
      }
    });
  }

  it("compiles with the strictest options, and beside Node's own types", () => {
    const strictest = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    for (const options of [strictest, { types: ["node"] }, { isolatedModules: true }]) {
      const complaints = compile("consumer.mts", consumer, { ...settings.nodenext, ...options });
      assert.deepEqual(complaints, [], Object.keys(options).join());
    }
  });

  it("fits Node's server, and a platform's own handlers", () => {
    const text = `
      import { createServer } from "node:http";
      import { createExchange, toNodeHandler } from "spacetime-keys";
      const exchange = createExchange({ server: "http://127.0.0.1:3000" });
      createServer(toNodeHandler(exchange));
      createServer(toNodeHandler(async (request) => new Response(await request.text())));
      const platform: (request: Request) => Promise<Response> = exchange;
      export const later: Promise<string> = platform(new Request("")).then(({ url }) => url);
      // @ts-expect-error a Response is wanted
      toNodeHandler(() => "text");
      // @ts-expect-error a Request is wanted
      exchange("http://a");`;
    const options = { ...settings.nodenext, types: ["node"] };
    assert.deepEqual(compile("consumer.mts", text, options), [], "with Node's types");
    const ofDom = text.replaceAll(/.*(createServer|node:http).*/g, "");
    const lib = ["lib.es2022.d.ts", "lib.dom.d.ts"];
    assert.deepEqual(
      compile("consumer.mts", ofDom, { ...settings.nodenext, lib }),
      [],
      "the DOM's",
    );
  });

  it("is found by require with types, too", () => {
    const text = `
      import keys = require("spacetime-keys");
      const identity: string = keys.deriveIdentity("a", "b");
      const signer: keys.Signer = new keys.Signer(identity);
      const claims: keys.Claims = {};
      export = [identity, signer.sign(claims)];`;
    assert.deepEqual(compile("consumer.cts", text, settings.node16), [], "no complaint");
  });

  it("is held against wrong uses", () => {
    const text = `
      import { deriveIdentity } from "spacetime-keys";
      // @ts-expect-error this is right
      export const right: string = deriveIdentity("a", "b");
      export const wrong: number = deriveIdentity("a", "b");`;
    const complaints = compile("consumer.mts", text, settings.nodenext);
    assert.equal(complaints.length, 2, complaints.join());
    assert.match(complaints[0], /^3: Unused/, "a mark on what is right");
    assert.match(complaints[1], /^5: Type 'string'/, "a wrong use without a mark");
    assert.ok(consumer.match(/^\s*\/\/ @ts-expect-error/gm).length > 40, "the program has many");
  });
});

describe("index.d.ts and the run time", () => {
  const source = ts.createSourceFile(
    "index.d.ts",
    read(join(packageFolder, "index.d.ts")),
    ts.ScriptTarget.Latest,
    true,
  );
  const isExported = (node) =>
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  const declared = source.statements.filter(isExported);
  const nameOf = (node) => (node.name ?? node.declarationList.declarations[0].name).getText(source);
  const values = declared.filter(
    (node) => !ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node),
  );

  it("have the same names", () => {
    const names = Object.keys(api).filter((name) => !["default", "module.exports"].includes(name));
    assert.deepEqual([...new Set(values.map(nameOf))].sort(), names.sort(), "exports");
    for (const node of values) {
      const kind = ts.isVariableStatement(node) ? "string" : "function";
      assert.equal(typeof api[nameOf(node)], kind, nameOf(node));
    }
  });

  it("have the same members of classes", () => {
    for (const node of values.filter(ts.isClassDeclaration)) {
      const of = api[nameOf(node)];
      // The members of an error are each error's own.
      if (of === api.KeysError) continue;
      const isStatic = (member) =>
        ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) ?? false;
      const members = node.members.filter((member) => !ts.isConstructorDeclaration(member));
      const namesOf = (list) => list.map((member) => member.name.getText(source)).sort();
      const own = Object.getOwnPropertyNames(of.prototype).filter((name) => name !== "constructor");
      const builtIn = ["length", "name", "prototype"];
      const statics = Object.getOwnPropertyNames(of).filter((name) => !builtIn.includes(name));
      assert.deepEqual(own.sort(), namesOf(members.filter((member) => !isStatic(member))), "own");
      assert.deepEqual(statics.sort(), namesOf(members.filter(isStatic)), "static");
    }
  });

  it("have as many parameters", () => {
    const required = (node) =>
      node.parameters.filter((parameter) => !parameter.questionToken).length;
    for (const node of values.filter(ts.isFunctionDeclaration)) {
      const { length } = api[nameOf(node)];
      const range = [required(node), node.parameters.length];
      assert.ok(length >= range[0] && length <= range[1], `${nameOf(node)} has ${length}`);
    }
  });

  it("are explained: every export and every member has a comment", () => {
    const isSilent = (node) => !ts.getJSDocCommentsAndTags(node).some(ts.isJSDoc);
    const silent = declared.flatMap((node) => [
      ...(isSilent(node) ? [nameOf(node)] : []),
      ...(node.members ?? [])
        .filter(isSilent)
        .map((member) => `${nameOf(node)}.${member.name?.getText(source) ?? "constructor"}`),
    ]);
    assert.deepEqual(silent, [], "without a comment");
  });

  it("name what they throw", () => {
    const silent = values.filter(ts.isFunctionDeclaration).map((node) => {
      const text = node.getFullText(source);
      // Those that answer a question, or take whatever is given, have no error of their own.
      return /@throws|As \{@link/.test(text) ? null : nameOf(node);
    });
    const without = ["deriveIdentity", "lintJwks"];
    assert.deepEqual(silent.filter(Boolean).sort(), without, "without @throws");
  });

  it("link to what is there", () => {
    const names = declared.map(nameOf);
    const links = source.text.matchAll(/\{@link (\w+)(?:\.(\w+))?\}/g);
    for (const [, name] of links) assert.ok(names.includes(name), `{@link ${name}}`);
  });
});
