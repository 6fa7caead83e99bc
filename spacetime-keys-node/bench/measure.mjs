// Interleaved rounds. Two cores that others use, too, do not give steady microseconds: so everyone
// takes a short turn in every round, and what is compared are the turns of one round. Beside the
// time on the wall there is that on the processors, of all threads: waiting does not count in it.

const now = () => process.hrtime.bigint();

/** Results go here, so that no call can be left out for having none. */
let sink;
export const consumed = () => sink !== undefined;

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {(count: number) => void | Promise<void>} run Does the work `count` times.
 * @property {number} [count] Calls a turn; without it, as many as fit.
 * @property {number} [per] Items that one call handles: times are given per item.
 */

/** A contestant that calls a function with one item of a pool after the other. */
export function each(name, pool, call) {
  let next = 0;
  return {
    name,
    run(count) {
      for (let i = 0; i < count; i += 1) {
        sink = call(pool[next]);
        next = next + 1 === pool.length ? 0 : next + 1;
      }
    },
  };
}

/** The same for promises, awaited one after the other. */
export function eachAwaited(name, pool, call) {
  let next = 0;
  return {
    name,
    async run(count) {
      for (let i = 0; i < count; i += 1) {
        sink = await call(pool[next]);
        next = next + 1 === pool.length ? 0 : next + 1;
      }
    },
  };
}

/** The same with `width` promises under way at a time; times are still per item. */
export function together(name, pool, width, call) {
  let next = 0;
  return {
    name,
    per: width,
    async run(count) {
      for (let i = 0; i < count; i += 1) {
        next = next + width > pool.length ? 0 : next;
        sink = await Promise.all(pool.slice(next, next + width).map((item) => call(item)));
        next += width;
      }
    },
  };
}

/** A contestant that is given batches, and takes each as one call. */
export function batches(name, batchesOfItems, call) {
  let next = 0;
  return {
    name,
    per: batchesOfItems[0].length,
    count: 1,
    async run(count) {
      for (let i = 0; i < count; i += 1) {
        const result = call(batchesOfItems[next]);
        sink = result instanceof Promise ? await result : result;
        next = next + 1 === batchesOfItems.length ? 0 : next + 1;
      }
    },
  };
}

/** Nanoseconds per item. */
async function turn(contestant, count) {
  const items = count * (contestant.per ?? 1);
  const before = process.cpuUsage();
  const start = now();
  const pending = contestant.run(count);
  if (pending instanceof Promise) await pending;
  const wall = Number(now() - start);
  const { user, system } = process.cpuUsage(before);
  return { wall: wall / items, cpu: ((user + system) * 1000) / items };
}

/** Warms up until the engine has compiled it, then says how many calls fill a turn. */
async function calibrate(contestant, turnMs, warmUpMs) {
  let count = contestant.count ?? 1;
  let nanoseconds = 1;
  const end = now() + BigInt(Math.round(warmUpMs * 1e6));
  do {
    nanoseconds = (await turn(contestant, count)).wall * (contestant.per ?? 1);
    count = contestant.count ?? Math.max(1, Math.round((turnMs * 1e6) / nanoseconds));
  } while (now() < end);
  return count;
}

/** The numbers below `count`, each once, in any order (Fisher and Yates). */
function shuffled(count) {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/**
 * @param {Contestant[]} contestants
 * @returns For each name, nanoseconds per item, `wall` and `cpu`: one figure a round.
 */
export async function interleave(contestants, { rounds, turnMs = 4, warmUpMs = 400 }) {
  const counts = [];
  for (const contestant of contestants) counts.push(await calibrate(contestant, turnMs, warmUpMs));
  const times = Object.fromEntries(contestants.map(({ name }) => [name, { wall: [], cpu: [] }]));
  for (let round = 0; round < rounds; round += 1) {
    // In another order each time, so that nobody always inherits the same neighbour's garbage.
    for (const index of shuffled(contestants.length)) {
      const contestant = contestants[index];
      const { wall, cpu } = await turn(contestant, counts[index]);
      times[contestant.name].wall.push(wall);
      times[contestant.name].cpu.push(cpu);
    }
  }
  return times;
}
