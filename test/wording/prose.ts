const OFF = "<!-- wording: off -->";
const ON = "<!-- wording: on -->";

/**
 * The lines of a Markdown text that are prose: without fenced blocks, and with an ellipsis in place of code within a line.
 * A page that quotes what it advises against stands between `<!-- wording: off -->` and `<!-- wording: on -->`.
 */
export function proseOf(markdown: string): { text: string; line: number }[] {
  const found: { text: string; line: number }[] = [];
  let fence = "";
  let off = false;
  for (const [index, line] of markdown.split("\n").entries()) {
    const mark = /^\s*(`{3,})/.exec(line)?.[1] ?? "";
    if (mark !== "" && (fence === "" || mark.length >= fence.length)) {
      fence = fence === "" ? mark : "";
      continue;
    }
    if (line.trim() === OFF) off = true;
    if (line.trim() === ON) off = false;
    if (fence !== "" || off) continue;
    // A bar ends a sentence, as between the cells of a table.
    const text = line.trim() === "" || line.trim() === ON ? "|" : line.replace(/(`+)[^`]+\1/g, "`…`");
    found.push({ text, line: index + 1 });
  }
  return found;
}
