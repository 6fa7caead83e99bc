"use strict";
// Verified tokens, remembered.

/**
 * The least recently used of more than `limit` is forgotten. A token is found by all of its text,
 * so that one that was changed is another one.
 */
class Cache {
  #entries = new Map();
  #limit;

  constructor(limit) {
    this.#limit = limit;
  }

  get(token) {
    const entry = this.#entries.get(token);
    if (entry !== undefined) {
      // A `Map` keeps the order of insertion: the last is the latest used.
      this.#entries.delete(token);
      this.#entries.set(token, entry);
    }
    return entry;
  }

  set(token, entry) {
    this.#entries.set(token, entry);
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value);
  }

  delete(token) {
    this.#entries.delete(token);
  }
}

module.exports = { Cache };
