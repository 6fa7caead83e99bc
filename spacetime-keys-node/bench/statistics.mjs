// What is made of the turns: medians and quartiles, and ratios of turns of the same round.

/** @param part 0.5 is the median. Interpolates between neighbours. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

export const median = (values) => quantile(values, 0.5);

const BEST = 0.1;

const sum = (values) => values.reduce((total, value) => total + value, 0);

/**
 * Ours ÷ theirs. `median`, `low` and `high` (the quartiles) are of the ratios within each round.
 * `quiet` is that of everybody's best turns, a tenth of them, in which least came between. `cpu` is
 * of the processor time of all rounds together: garbage collection counts in it.
 */
export function ratio(ours, theirs) {
  const ratios = ours.wall.map((value, round) => value / theirs.wall[round]);
  return {
    median: median(ratios),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
    quiet: quantile(ours.wall, BEST) / quantile(theirs.wall, BEST),
    cpu: sum(ours.cpu) / sum(theirs.cpu),
  };
}

/** Of one contestant: the quartiles on the wall, and the mean on the processors. */
export function summary({ wall, cpu }) {
  return {
    median: median(wall),
    low: quantile(wall, 0.25),
    high: quantile(wall, 0.75),
    cpu: sum(cpu) / cpu.length,
  };
}
