"use strict";
// Checks of arguments. Each takes a value and its name, and gives back what the addon is to have.
// A `TypeError` says what was wanted, and nothing of what was found.

/** Errors that were made here, and not by a getter or a proxy of the caller's. */
const ours = new WeakSet();

/** A name may be a function: arguments are good nearly always, and names not made for nothing. */
function nameOf(name) {
  return typeof name === "function" ? name() : name;
}

function fail(name, wanted) {
  const error = new TypeError(`${nameOf(name)} ${wanted}`);
  ours.add(error);
  throw error;
}

/** Reads what belongs to the caller. What that throws may hold anything. */
function reading(name, read) {
  try {
    return read();
  } catch (error) {
    if (ours.has(error)) throw error;
    return fail(name, "cannot be read");
  }
}

function text(value, name) {
  if (typeof value !== "string") fail(name, "must be a string");
  // Node-API would put another character in the place of a lone surrogate, silently.
  if (!value.isWellFormed()) fail(name, "must be well-formed Unicode: it has a lone surrogate");
  return value;
}

function flag(value, name) {
  if (typeof value !== "boolean") fail(name, "must be true or false");
  return value;
}

function time(value, name) {
  if (!Number.isSafeInteger(value)) fail(name, "must be a whole number of Unix seconds");
  return value;
}

function seconds(value, name) {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    fail(name, "must be a whole number of seconds, 0 or more");
  }
  return value;
}

function func(value, name) {
  if (typeof value !== "function") fail(name, "must be a function");
  return value;
}

function count(most) {
  return (value, name) => {
    if (!Number.isInteger(value) || value < 0 || value > most) {
      fail(name, `must be a whole number from 0 to ${most}`);
    }
    return value;
  };
}

function oneOf(...words) {
  const wanted = words.map((word) => `"${word}"`).join(" or ");
  return (value, name) => {
    if (!words.includes(value)) fail(name, `must be ${wanted}`);
    return value;
  };
}

/** What is absent stays so; `null` counts as absent. */
function orNull(check) {
  return (value, name) => (value === null ? null : check(value, name));
}

/** Copied, so that each item is read once. */
function list(check) {
  return (value, name) =>
    reading(name, () => {
      if (!Array.isArray(value)) fail(name, "must be an array");
      const items = [];
      for (let index = 0; index < value.length; index += 1) {
        items.push(check(value[index], () => `${nameOf(name)}[${index}]`));
      }
      return items;
    });
}

/** One, or an array of them. */
function oneOrMany(check) {
  const many = list(check);
  return (value, name) => {
    if (typeof value === "string") return [check(value, name)];
    if (typeof value !== "object") fail(name, "must be a string or an array of strings");
    return many(value, name);
  };
}

const BRACE = "{".charCodeAt(0);

/** The JSON text of an object. */
function json(value, name) {
  let encoded;
  try {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    if (isObject) encoded = JSON.stringify(value);
  } catch {
    // A cycle, a BigInt, a getter that throws: the text of that error may hold anything.
  }
  if (typeof encoded !== "string" || encoded.charCodeAt(0) !== BRACE) {
    fail(name, "must be an object with a JSON form");
  }
  return encoded;
}

/** A JSON document: its text, or the object. */
function document(value, name) {
  return typeof value === "string" ? text(value, name) : json(value, name);
}

/** Longer chains are nobody's options: a proxy can be its own prototype. */
const MOST_PROTOTYPES = 100;

/**
 * Whether the caller has given this field: own, or of a class of the caller's. What every object
 * inherits, nobody has given: code that can write `Object.prototype` (prototype pollution) would switch
 * checks off.
 */
function isGiven(value, key) {
  let at = value;
  for (let depth = 0; depth < MOST_PROTOTYPES; depth += 1) {
    if (at === null || at === Object.prototype) return false;
    if (Object.hasOwn(at, key)) return true;
    at = Object.getPrototypeOf(at);
  }
  return false;
}

/** The same fields, and none that every object inherits. */
function own(object) {
  return { __proto__: null, ...object };
}

/**
 * An object with these fields and no others: a misspelt `audience` must not go unnoticed. Each
 * field is read once. Absent fields have their `defaults`. What is given back inherits nothing.
 */
function fields(checks, defaults = {}) {
  return (value, name) => {
    const found = own(defaults);
    if (value === undefined) return found;
    if (typeof value !== "object" || value === null) fail(name, "must be an object");
    const values = reading(name, () => {
      if (Array.isArray(value)) fail(name, "must be an object");
      if (!Object.keys(value).every((key) => Object.hasOwn(checks, key))) {
        fail(name, `has a field that does not exist; there are: ${Object.keys(checks).join(", ")}`);
      }
      const given = Object.keys(checks).filter((key) => isGiven(value, key));
      return given.map((key) => [key, value[key]]);
    });
    for (const [key, field] of values) {
      if (field !== undefined) found[key] = checks[key](field, () => `${nameOf(name)}.${key}`);
    }
    return found;
  };
}

/** Fields without which there is nothing to do. */
function required(read, ...keys) {
  return (value, name) => {
    const found = read(value, name);
    for (const key of keys) {
      if (found[key] === undefined) fail(name, `must have a field ${key}`);
    }
    return found;
  };
}

function now() {
  return Math.floor(Date.now() / 1000);
}

module.exports = {
  count,
  document,
  fail,
  fields,
  flag,
  func,
  json,
  list,
  nameOf,
  now,
  oneOf,
  oneOrMany,
  orNull,
  own,
  reading,
  required,
  seconds,
  text,
  time,
};
