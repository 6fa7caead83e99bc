// A reader of event streams, as the HTML standard has it ("9.2.6 Interpreting an event stream"). It shares nothing
// with what it judges: neither the example's framing nor its smoke client.

export class EventReader {
  #rest = "";
  #decoder = new TextDecoder();
  #data = [];
  #type = "";
  #idBuffer = "";
  /** As a browser keeps them over a reconnect. */
  lastEventId = "";
  retry = null;
  comments = 0;

  /** Takes some bytes, and gives the events that they complete. */
  take(bytes) {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const events = [];
    // A CR at the end may be half of a CRLF.
    for (;;) {
      const end = this.#rest.match(/\r\n|\n|\r(?!$)/);
      if (!end) return events;
      const line = this.#rest.slice(0, end.index);
      this.#rest = this.#rest.slice(end.index + end[0].length);
      const event = line === "" ? this.#dispatch() : this.#field(line);
      if (event) events.push(event);
    }
  }

  #field(line) {
    if (line.startsWith(":")) {
      this.comments += 1;
      return null;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#type = value;
    if (name === "data") this.#data.push(value);
    if (name === "id" && !value.includes("\0")) this.#idBuffer = value;
    if (name === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
    return null;
  }

  #dispatch() {
    this.lastEventId = this.#idBuffer;
    const [type, data] = [this.#type, this.#data];
    this.#type = "";
    this.#data = [];
    if (data.length === 0) return null;
    return { type: type || "message", data: data.join("\n"), lastEventId: this.lastEventId };
  }
}

/** Reads a body of Response, event by event. */
export class StreamReader {
  #reader;
  #events = [];
  sse = new EventReader();
  /** Whether it ended, and how. */
  end = null;

  /** @param {ReadableStream} body */
  constructor(body) {
    this.#reader = body.getReader();
  }

  /** One chunk; `false` at the end. */
  async pull() {
    try {
      const { done, value } = await this.#reader.read();
      if (!done) this.#events.push(...this.sse.take(value));
      else this.end = "closed";
      return !done;
    } catch {
      this.end = "broken";
      return false;
    }
  }

  /** The next event; `null` at the end. */
  async next() {
    while (this.#events.length === 0) if (!(await this.pull())) return null;
    return this.#events.shift();
  }

  /** So many events' envelopes. */
  async take(count) {
    const taken = [];
    while (taken.length < count) {
      const event = await this.next();
      if (event === null) break;
      taken.push(JSON.parse(event.data));
    }
    return taken;
  }

  cancel() {
    return this.#reader.cancel();
  }
}
