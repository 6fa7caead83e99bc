// A terminal's lines as an SVG that plays once: commands are typed, their lines appear. A viewer that plays nothing, or a
// reader who wants less motion, sees the end.

import { escaped } from "./markup.mjs";

const LETTER = 8.4;
const LINE = 20;
const MARGIN = 20;
const BAR = 34;

const STYLE = `
text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre; fill: #d6deeb; }
.command { fill: #ffffff; font-weight: bold; }
.good { fill: #8bd49c; }
@keyframes appear { from { visibility: hidden; } to { visibility: visible; } }
@keyframes type { from { clip-path: inset(0 100% 0 0); } to { clip-path: inset(0 0 0 0); } }
.line { animation: appear 1ms step-end backwards; }
.command { animation: type 1s steps(30) backwards; }
@media (prefers-reduced-motion: reduce) { .line, .command { animation: none; } }
`;

/** @param session Commands, each with the lines that it printed. */
export function draw(session) {
  const rows = [];
  let seconds = 0.5;
  for (const { command, lines } of session) {
    rows.push({ text: `$ ${command}`, kind: "command", seconds });
    seconds += 1.3;
    for (const text of lines) {
      const good = /done and proven|\(the same\)|^ok$/.test(text);
      rows.push({ text, kind: good ? "line good" : "line", seconds });
      seconds += 0.08;
    }
    seconds += 1.5;
  }
  const longest = Math.max(...rows.map(({ text }) => text.length));
  const width = Math.ceil(longest * LETTER + 2 * MARGIN);
  const height = rows.length * LINE + BAR + MARGIN;
  const drawn = rows.map(({ text, kind, seconds: at }, index) => {
    const y = BAR + LINE * (index + 1) - 4;
    const delay = `animation-delay: ${at.toFixed(2)}s`;
    return `<text class="${kind}" x="${MARGIN}" y="${y}" style="${delay}">${escaped(text)}</text>`;
  });
  const lights = ["#ff5f57", "#febc2e", "#28c840"].map((colour, index) => {
    return `<circle cx="${MARGIN + 6 + 20 * index}" cy="17" r="6" fill="${colour}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>A first rotation: init, rotate, verify</title>
<style>${STYLE}</style>
<rect width="100%" height="100%" rx="8" fill="#10212f"/>
${lights.join("")}
${drawn.join("\n")}
</svg>
`;
}

/** The lines that a picture shows. */
export function textOf(svg) {
  const lines = [...svg.matchAll(/<text [^>]*>(?<text>.*?)<\/text>/g)];
  return lines
    .map(({ groups }) =>
      groups.text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&"),
    )
    .join("\n");
}
