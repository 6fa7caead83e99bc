// Node, bun and Deno: what is asked comes by standard input, the answers go to standard output.

import process from "node:process";
import * as api from "spacetime-keys/web";

import { everything } from "./calls.mjs";

let asked = "";
process.stdin.setEncoding("utf8");
for await (const text of process.stdin) asked += text;
process.stdout.write(JSON.stringify(await everything(api, JSON.parse(asked))));
