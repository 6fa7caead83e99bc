// Arguments with one place changed.

/** Plain objects and arrays, copied; all else as it is. */
export function copy(value) {
  if (Array.isArray(value)) return value.map(copy);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]));
}

/**
 * The arguments with another value, or a getter, in one place.
 *
 * @param path Such as `1.claims.azp`: the second argument's field.
 * @param change `{ value }`, `{ get }`, or a function that makes one of the value that is there.
 */
export function replace(args, path, change) {
  const all = copy(args);
  const keys = path.split(".");
  const last = keys.pop();
  const place = keys.reduce((value, key) => value[key], all);
  const made = typeof change === "function" ? change(place[last]) : change;
  if (keys.length === 0 && "value" in made) place[last] = made.value;
  else Object.defineProperty(place, last, { ...made, enumerable: true, configurable: true });
  return all;
}
