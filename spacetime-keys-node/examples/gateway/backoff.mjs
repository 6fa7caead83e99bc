// How long to wait before the next try: twice as long each time, and never the same for two who lost the same
// server.

export class Backoff {
  #least;
  #most;
  #random;
  #tries = 0;

  /** Milliseconds. @param {{ least?: number, most?: number, random?: () => number }} [options] */
  constructor({ least = 250, most = 15_000, random = Math.random } = {}) {
    this.#least = least;
    this.#most = most;
    this.#random = random;
  }

  next() {
    const whole = Math.min(this.#most, this.#least * 2 ** this.#tries);
    this.#tries += 1;
    return (whole / 2) * (1 + this.#random());
  }

  /** It worked: the next failure is the first one. */
  reset() {
    this.#tries = 0;
  }
}
