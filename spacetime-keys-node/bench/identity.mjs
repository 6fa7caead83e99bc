// A SpacetimeDB identity in JavaScript, with `@noble/hashes`: what a script without us would do.

import { blake3 } from "@noble/hashes/blake3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** `c2 00`, 4 bytes of a checksum, 26 bytes of a hash over `iss|sub`; as hex. */
export function deriveIdentityInJavaScript(issuer, subject) {
  const identity = new Uint8Array(32);
  identity.set([0xc2, 0x00]);
  identity.set(blake3(utf8ToBytes(`${issuer}|${subject}`)).subarray(0, 26), 6);
  const checksummed = new Uint8Array(28);
  checksummed.set([0xc2, 0x00]);
  checksummed.set(identity.subarray(6), 2);
  identity.set(blake3(checksummed).subarray(0, 4), 2);
  return bytesToHex(identity);
}
