// Chance that can be repeated, and what it does to values.

/** A generator of numbers in [0, 1) by a seed (mulberry32). */
export function randomBy(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws and changes by such a generator. */
export class Chance {
  constructor(seed) {
    this.next = randomBy(seed);
  }

  below(limit) {
    return Math.floor(this.next() * limit);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** A character: mostly plain, sometimes of any plane. */
  character() {
    const kind = this.below(10);
    if (kind < 6) return String.fromCharCode(32 + this.below(95));
    if (kind < 8) return String.fromCodePoint(this.below(0xd800));
    if (kind < 9) return String.fromCodePoint(0x10000 + this.below(0x100000));
    return this.pick(["\0", "\n", "\r\n", "\\n", '"', ".", "=", "\ud800", "-----"]);
  }

  /** The text with a few things done to it. */
  text(text) {
    let changed = text;
    for (let times = 1 + this.below(3); times > 0; times -= 1) {
      const at = this.below(changed.length + 1);
      const to = Math.min(changed.length, at + 1 + this.below(8));
      const [head, tail] = [changed.slice(0, at), changed.slice(to)];
      changed = this.pick([
        () => head + this.character() + changed.slice(at + 1),
        () => head + tail,
        () => head + changed.slice(at, to).repeat(2 + this.below(3)) + tail,
        () => head,
        () => head + this.character() + changed.slice(at),
        () => changed.slice(at) + head,
      ])();
    }
    return changed;
  }

  number() {
    const size = this.pick([2, 100, 2 ** 31, 2 ** 33, 2 ** 53, 1e300]);
    const value = (this.next() - 0.3) * size;
    return this.below(4) ? Math.floor(value) : value;
  }

  /** A JSON value. */
  json(depth = 3) {
    const leaf = [null, true, "", this.character(), this.number(), this.below(1e9)];
    if (depth === 0 || this.below(2)) return this.pick(leaf);
    const items = Array.from({ length: this.below(4) }, () => this.json(depth - 1));
    return this.below(2)
      ? items
      : Object.fromEntries(items.map((item) => [this.character(), item]));
  }
}
