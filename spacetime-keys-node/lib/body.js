"use strict";
// A body of bounded size.

/** All bytes of a body; `null` if they are more than `largest`. */
async function read(body, largest) {
  const chunks = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > largest) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

module.exports = { read };
