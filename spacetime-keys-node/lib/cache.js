"use strict";
// Verified tokens, remembered.

/** Characters that an entry may have on the average: several times what tokens have. */
const AVERAGE = 4096;

/**
 * The least recently used of more than `limit` is forgotten; and so it is where the others are
 * large, for a few clients with tokens of a megabyte must not fill the memory. A token is found by all
 * of its text, so that one that was changed is another one.
 */
class Cache {
  #entries = new Map();
  #limit;
  #room;

  constructor(limit) {
    this.#limit = limit;
    this.#room = limit * AVERAGE;
  }

  get(token) {
    const kept = this.#entries.get(token);
    if (kept === undefined) return undefined;
    // A `Map` keeps the order of insertion: the last is the latest used.
    this.#entries.delete(token);
    this.#entries.set(token, kept);
    return kept.entry;
  }

  /** `size`: the characters that are kept for it. */
  set(token, entry, size) {
    this.delete(token);
    this.#entries.set(token, { entry, size });
    this.#room -= size;
    while (this.#entries.size > this.#limit || this.#room < 0) {
      this.delete(this.#entries.keys().next().value);
    }
  }

  delete(token) {
    const kept = this.#entries.get(token);
    if (kept === undefined) return;
    this.#entries.delete(token);
    this.#room += kept.size;
  }
}

module.exports = { Cache };
