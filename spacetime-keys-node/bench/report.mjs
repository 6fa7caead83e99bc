// From the turns to tables.

import { comparisons, SIZE_GOAL } from "./comparisons.mjs";
import { median, quantile, ratio, summary } from "./statistics.mjs";

const WHAT = "in the same round, median [quartiles]; in the quietest turns; on the processors";

const microseconds = (nanoseconds) =>
  (nanoseconds / 1000).toFixed(nanoseconds < 10_000 ? 3 : 1).padStart(9);

const fixed = (value) => value.toFixed(value < 0.1 ? 3 : 2);

const verdict = (value, goal) =>
  goal === undefined ? "" : `  goal ≤ ${goal.toFixed(2)}: ${value <= goal ? "met" : "MISSED"}`;

/** Absolute times: they hold for this machine in this hour. */
function times(section) {
  return Object.entries(section).map(([name, turns]) => {
    const { median: mid, low, high, cpu } = summary(turns);
    const spread = `[${microseconds(low)} …${microseconds(high)} ]`;
    return `    ${name.padEnd(39)} ${microseconds(mid)} µs  ${spread}  cpu ${microseconds(cpu)}`;
  });
}

function compare({ ours, others, counts, shows = () => true, goal }, section, runtime) {
  const names = Object.keys(section).filter((name) => name !== ours && others(name));
  const time = (name) => median(section[name].wall);
  const fastest = names
    .filter(counts)
    .reduce((best, name) => (time(name) < time(best) ? name : best));
  const lines = names
    .filter((name) => shows(name, fastest))
    .map((name) => {
      const { median: mid, low, high, quiet, cpu } = ratio(section[ours], section[name]);
      const value = fixed(mid).padStart(6);
      const spread = `[${fixed(low)} … ${fixed(high)}]`.padEnd(15);
      const judged = name === fastest ? verdict(mid, goal?.[runtime]) : "";
      const more = `quiet ${fixed(quiet).padEnd(5)}  cpu ${fixed(cpu).padEnd(5)}`;
      return `    ÷ ${name.padEnd(39)} ${value}  ${spread}  ${more}${judged}`;
    });
  return [`  ${ours}`, ...lines];
}

export function report(result) {
  const { runtime, version, load, sections } = result;
  const [before, after] = load.map((value) => value.toFixed(1));
  const lines = [`== ${runtime} ${version}, load average ${before} before, ${after} after`];
  for (const [name, section] of Object.entries(sections)) {
    lines.push("", `${name}: µs each, median [quartiles] of the rounds; mean on the processors`);
    lines.push(...times(section));
    const mine = comparisons.filter((one) => one.section === name);
    if (mine.length > 0) lines.push("", `  ours ÷ theirs, ${WHAT}`);
    for (const one of mine) lines.push(...compare(one, section, runtime));
  }
  return lines.join("\n");
}

export function reportSize({ name, size, stripped }) {
  const kind = stripped ? "stripped" : "NOT stripped";
  const met = size <= SIZE_GOAL ? "met" : "MISSED";
  const megabytes = `${(size / 1e6).toFixed(2)} MB (${(size / 2 ** 20).toFixed(2)} MiB)`;
  return `${name}: ${megabytes}, ${kind}  goal ≤ ${SIZE_GOAL / 1e6} MB: ${met}`;
}

const milliseconds = (values) => `${median(values).toFixed(1).padStart(7)} ms`;

/** `starts`: of several fresh processes. */
export function reportStart({ runtime, starts }) {
  const lines = Object.keys(starts[0]).map((name) => {
    const [wall, cpu] = ["wall", "cpu"].map((kind) => starts.map((start) => start[name][kind]));
    return `    ${name.padEnd(39)} ${milliseconds(wall)}  cpu ${milliseconds(cpu)}`;
  });
  return [`start: ${runtime}, a fresh process, median of ${starts.length}`, ...lines].join("\n");
}

/** The bulk calls cannot gain more than this. */
export function reportProcessors({ runtime, processors }) {
  const { threads, gains } = processors;
  const [low, mid, high] = [0.25, 0.5, 0.75].map((part) => quantile(gains, part).toFixed(2));
  const gain = `${mid} [${low} … ${high}]`;
  return `processors: ${runtime}, ${threads} threads give ${gain} × what one gives`;
}
