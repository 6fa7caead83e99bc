// Comments and string literals of Rust, JavaScript and TypeScript, and comments that begin with `#`.
//
// Not parsers: they know as much as is needed to tell a comment, a string and code apart.

// A literal of these is tried where code has got to, the first that fits is taken.
const RUST = [
  { kind: "comment", form: /\/\/[^\n]*/y },
  { kind: "comment", form: /\/\*[\s\S]*?\*\//y },
  {
    kind: "message",
    form: /b?r(#*)"[\s\S]*?"\1/y,
    inner: (text) => text.replace(/^b?r#*"|"#*$/g, ""),
  },
  {
    kind: "message",
    form: /b?"(?:[^"\\]|\\[\s\S])*"/y,
    inner: (text) => unescaped(text.replace(/^b?"|"$/g, "")),
  },
  // A character; a lifetime has no second quote.
  { form: /b?'(?:[^'\\\n]|\\(?:u\{[^}]*\}|x..|.))'/y },
  { form: /[A-Za-z_][A-Za-z_0-9]*/y },
];

const SCRIPT = [
  { kind: "comment", form: /\/\/[^\n]*/y },
  { kind: "comment", form: /\/\*[\s\S]*?\*\//y },
  {
    kind: "message",
    form: /"(?:[^"\\\n]|\\[\s\S])*"/y,
    inner: (text) => unescaped(text.slice(1, -1)),
  },
  {
    kind: "message",
    form: /'(?:[^'\\\n]|\\[\s\S])*'/y,
    inner: (text) => unescaped(text.slice(1, -1)),
  },
  {
    kind: "message",
    form: /`(?:[^`\\]|\\[\s\S])*`/y,
    inner: (text) => unescaped(text.slice(1, -1).replace(/\$\{/g, "{")),
  },
  { form: /\/(?![/*])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y, only: startsRegex },
  { form: /[A-Za-z_$][\w$]*/y },
];

// Whether a slash here begins a regular expression: nothing before it can be divided.
function startsRegex(before) {
  return /(?:^|[=(,:;[!&|?{}+~]|=>|\breturn|\bcase|\btypeof)\s*$/.test(before.slice(-40));
}

function unescaped(text) {
  return text
    .replace(/\\\r?\n\s*/g, "")
    .replace(/\\n/g, "\n")
    .replace(/\\[tr]/g, " ")
    .replace(/\\u\{?[0-9a-fA-F]+\}?|\\x[0-9a-fA-F]{2}/g, " ")
    .replace(/\\(.)/g, "$1");
}

function literals(source, forms) {
  const found = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    let length = 1;
    for (const { kind, form, inner, only } of forms) {
      if (only && !only(source.slice(Math.max(0, at - 40), at))) continue;
      form.lastIndex = at;
      const text = form.exec(source)?.[0];
      if (text === undefined) continue;
      if (kind) found.push({ kind, line, at, text: inner ? inner(text) : text });
      length = text.length;
      break;
    }
    for (let i = at; i < at + length; i++) if (source[i] === "\n") line++;
    at += length;
  }
  return found;
}

/** Comments that stand in lines one below the other are one text. */
function joined(found, source) {
  const texts = [];
  for (const one of found) {
    const last = texts.at(-1);
    const mark = /^\/\/[/!]?/.exec(one.text)?.[0];
    if (one.kind !== "comment") {
      texts.push(one);
    } else if (mark === undefined) {
      texts.push({
        ...one,
        text: one.text.replace(/^\/\*+!?|\*\/$/g, "").replace(/\n\s*\*/g, "\n"),
      });
    } else {
      const text = one.text.slice(mark.length);
      const between = last?.mark === mark ? source.slice(last.end, one.at) : "code";
      if (/^\n[ \t]*$/.test(between)) {
        last.text += `\n${text}`;
        last.end = one.at + one.text.length;
      } else {
        texts.push({ ...one, text, mark, end: one.at + one.text.length });
      }
    }
  }
  return texts;
}

export const rust = (source) => joined(literals(withoutTests(source), RUST), source);
export const script = (source) =>
  joined(literals(source, SCRIPT), source).map((text) => ({
    ...text,
    text: withoutTypes(text.text),
  }));

/** `@param {() => void} stop Ends it.`: the type is code. */
function withoutTypes(text) {
  return text.replace(/(@\w+ )\{(?:[^{}]|\{[^{}]*\})*\}/g, "$1");
}

// Unit tests at the end of a file have texts of others in them.
function withoutTests(source) {
  const tests = /^#\[cfg\(test\)\]\s*\nmod \w+ \{/m.exec(source);
  return tests ? source.slice(0, tests.index) : source;
}

/** Comments of shell, YAML, TOML and the like, which stand in lines of their own. */
export function hash(source) {
  const texts = [];
  let open;
  source.split("\n").forEach((row, index) => {
    const text = /^\s*#(?!!)(.*)/.exec(row)?.[1];
    if (text === undefined || text.trim() === "") open = undefined;
    else if (open) open.text += `\n${text}`;
    else {
      open = { kind: "comment", line: index + 1, text };
      texts.push(open);
    }
  });
  return texts;
}
