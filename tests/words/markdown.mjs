// The prose of a Markdown page.

const FENCE = /^\s*(`{3,}|~{3,})/;
const TABLE_RULE = /^\s*\|?[\s:|-]*-[\s:|-]*$/;
// Where a new text begins although no empty line is there.
const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;

/** Without its marks: code is left out, of a link only the text stays. Lines stay where they are. */
export function plain(text) {
  const code = (match) => ` CODE ${"\n".repeat(match.split("\n").length - 1)}`;
  return text
    .replace(/(`+)[\s\S]*?[^`]\1(?!`)/g, code)
    .replace(/<!--[\s\S]*?-->/g, (match) => match.replace(/[^\n]/g, ""))
    .replace(/<(?:https?:|\/?[a-z])[^>\n]*>/gi, " ")
    .replace(/!?\[([^\]]*)\]\([^)\s]*(?:\s"[^"\n]*")?\)/g, "$1")
    .replace(/!?\[([^\]]*)\]\[[^\]\n]*\]/g, "$1")
    .replace(/https?:\/\/\S+/g, " CODE ")
    .replace(/\*\*|__|(?<!\w)[*_]|[*_](?!\w)/g, "");
}

/** Paragraphs, items, headings and cells, each with its line and its text as it stands. */
export function markdown(source) {
  const texts = [];
  let open;
  let fence;
  const close = () => {
    if (open) texts.push(open);
    open = undefined;
  };
  const put = (line, text) => {
    if (open) open.text += `\n${text}`;
    else open = { kind: "page", line, text };
  };
  source.split("\n").forEach((row, index) => {
    const line = index + 1;
    const mark = FENCE.exec(row)?.[1];
    if (fence) {
      if (mark?.startsWith(fence) && row.trim() === mark) fence = undefined;
    } else if (mark) {
      close();
      fence = mark;
    } else if (row.trim() === "" || TABLE_RULE.test(row) || /^\[[^\]]+\]:/.test(row)) {
      close();
    } else if (/^\s*\|/.test(row)) {
      close();
      for (const cell of cells(row)) texts.push({ kind: "page", line, text: cell, short: true });
    } else if (/^#+ /.test(row)) {
      close();
      texts.push({ kind: "page", line, text: row.replace(/^#+ /, ""), short: true });
    } else {
      if (ITEM.test(row)) close();
      put(line, row.replace(/^\s*>\s?/, "").replace(ITEM, ""));
    }
  });
  close();
  return texts;
}

// A bar in code or behind a backslash parts no cells.
function cells(row) {
  return row
    .replace(/(`+)[^`]*\1/g, (code) => code.replaceAll("|", " "))
    .replaceAll("\\|", " ")
    .split("|")
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "");
}
