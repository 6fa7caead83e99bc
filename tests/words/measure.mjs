// Sentences and their readability: median length, and the grade of Flesch and Kincaid.
//
// Grade = 0.39 × words a sentence + 11.8 × syllables a word − 15.59 (Kincaid and others, 1975, for
// the US Navy): the years of school that a text asks for.

/** Fewer words than this are a label, not a sentence: they would make the figures look better. */
const LABEL = 4;
/** A message's place for a value, code and a path are one word each. */
const ONE_WORD = /CODE|\{[^{}]*\}|\S*[/\\_=<>@#]\S*|\S+:\S+/g;
// Where a point ends no sentence.
const SHORT_FORMS = /\b(?:e\.g|i\.e|etc|vs|cf|St|No)\./g;

/** The sentences of a text, each a list of words. */
export function sentences(text) {
  return text
    .replace(SHORT_FORMS, (form) => form.replaceAll(".", ""))
    .replace(/\n\s*\n|\n\s*[-*] /g, ". ")
    .replace(ONE_WORD, (word) => (/[.!?]$/.test(word) ? "x. " : "x"))
    .split(/[.!?](?=["')\]]*(?:\s|$))/)
    .map((sentence) => sentence.match(/[\p{L}\p{N}][\p{L}\p{N}'’.-]*/gu) ?? [])
    .filter((words) => words.length >= LABEL);
}

/** As they are heard, roughly: groups of vowels, without a silent e. */
export function syllables(word) {
  const bare = word.toLowerCase().replace(/[^a-z]/g, "");
  if (bare.length <= 3) return 1;
  const heard = bare.replace(/(?:[^laeiouy]es|[^dt]ed|[^laeiouy]e)$/, "").replace(/^y/, "");
  return heard.match(/[aeiouy]{1,2}/g)?.length ?? 1;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The figures of many texts. */
export function measure(texts) {
  const all = texts.flatMap(sentences);
  const words = all.flat();
  const heard = words.reduce((sum, word) => sum + syllables(word), 0);
  const lengths = all.map((sentence) => sentence.length);
  return {
    texts: texts.length,
    sentences: all.length,
    words: words.length,
    median: median(lengths),
    long: lengths.filter((length) => length > 25).length,
    grade:
      all.length === 0
        ? 0
        : 0.39 * (words.length / all.length) + 11.8 * (heard / words.length) - 15.59,
  };
}
