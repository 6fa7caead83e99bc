// An event stream as a program reads it; a browser has `EventSource`.

/**
 * @param {string} url
 * @param {Record<string, string>} headers
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<{ event: string, id: string, tenant_id: string, payload: any }>} Envelopes, until the
 * stream ends.
 */
export async function* readEvents(url, headers, signal) {
  const response = await fetch(url, { headers, signal });
  if (response.status !== 200) throw new Error(`the stream was refused: ${response.status}`);
  let rest = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = `${rest}${piece}`.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      // The gateway's envelopes are one line of JSON, with all in it that the fields say.
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice("data: ".length));
    }
  }
}
