// Streams with a clock that stands still until it is told.

import { EventLog } from "../../../examples/gateway/event-log.mjs";
import { EventStreams } from "../../../examples/gateway/stream.mjs";
import { StreamReader } from "./sse.mjs";

export function watching({ log: logOptions, ...options } = {}) {
  const clock = { now: 1000 };
  const streams = new EventStreams({ now: () => clock.now, random: () => 0.5, ...options });
  const log = new EventLog("t", { epoch: "0123456789ab", ...logOptions });
  const documents = [];
  return {
    clock,
    streams,
    log,
    documents,
    /** Opens a stream: by default of `alice`, who is at the beginning. */
    open({
      after = log.id(0),
      identity = "alice",
      isCurrent = () => true,
      signal,
      ...others
    } = {}) {
      const watch = { log, tenantId: "t", identity, isCurrent, after, ...others };
      return streams.open({ documents: () => documents.slice(), ...watch }, signal);
    },
    reader(options) {
      return new StreamReader(this.open(options));
    },
    /** Lets everything settle that needs no time. */
    settle: () => new Promise((resolve) => setTimeout(resolve)),
    /** Lets time pass, and looks after the streams. */
    pass(milliseconds) {
      clock.now += milliseconds;
      streams.look();
    },
  };
}
