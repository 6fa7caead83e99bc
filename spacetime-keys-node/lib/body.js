"use strict";
// A body of bounded size.

/** All bytes of a body; `null` if they are more than `largest`. */
async function read(body, largest) {
  const chunks = [];
  let size = 0;
  for await (const chunk of chunksOf(body)) {
    size += chunk.length;
    if (size > largest) return null;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Some browsers' streams are no iterables. */
async function* chunksOf(body) {
  if (body === null || body === undefined) return;
  if (body[Symbol.asyncIterator] !== undefined) {
    yield* body;
    return;
  }
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text; what is no UTF-8 becomes U+FFFD. */
function text(bytes) {
  return decoder.decode(bytes);
}

module.exports = { read, text };
