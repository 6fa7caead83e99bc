// Tokens for `checkToken`, as `check` vectors: what was measured on servers, asked of all of them.

import { measuredVerdicts } from "../support/files.mjs";

export function samples() {
  const { samples: measured, publicKey } = measuredVerdicts();
  return measured.map(({ case: name, token, now }) => ({
    name,
    token,
    now,
    publicKey,
    verdicts: { 1.2: null, 2.8: null, 2.14: null },
  }));
}
