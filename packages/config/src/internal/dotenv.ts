/** One variable of a `.env` file. */
export interface DotenvEntry {
  readonly value: string;
  /** Single-quoted: taken as it stands, with no `${VAR}` in it. */
  readonly literal: boolean;
  readonly line: number;
  readonly column: number;
}

/** A line that is not understood. The message never quotes it. */
export interface DotenvFault {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

const BLANK = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const NAME = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/y;
const SINGLE = /'([^']*)'[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const DOUBLE = /"([^"\\]*(?:\\[\s\S][^"\\]*)*)"[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const PLAIN = /([^\n]*)(?:\n|$)/y;
const LINE = /[^\n]*(?:\n|$)/y;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/**
 * Reads a `.env` file: `NAME=value` lines, with `export`, comments, single quotes (taken as it stands, may span lines)
 * and double quotes (with `\n \r \t \" \\ \$`). A name that stands twice is a fault.
 */
export function readDotenv(text: string): { entries: Map<string, DotenvEntry>; faults: DotenvFault[] } {
  const source = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const entries = new Map<string, DotenvEntry>();
  const faults: DotenvFault[] = [];
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found !== null) at += found[0].length;
    return found;
  };
  while (at < source.length) {
    const start = at;
    const place = { line, column: 1 };
    if (take(BLANK) === null) {
      const name = take(NAME)?.[1];
      const entry = name === undefined ? undefined : takeValue(source[at], take);
      if (entry === undefined) take(LINE);
      if (name === undefined) faults.push({ message: "a line NAME=value", ...place });
      else if (entry === undefined) faults.push({ message: "a value whose quotes are closed", ...place });
      else if (entries.has(name)) faults.push({ message: `${name} only once`, ...place });
      else entries.set(name, { ...entry, ...place });
    }
    line += source.slice(start, at).split("\n").length - 1;
  }
  return { entries, faults };
}

function takeValue(
  first: string | undefined,
  take: (pattern: RegExp) => RegExpExecArray | null,
): { value: string; literal: boolean } | undefined {
  if (first === "'") {
    const text = take(SINGLE)?.[1];
    return text === undefined ? undefined : { value: text, literal: true };
  }
  if (first === '"') {
    const text = take(DOUBLE)?.[1];
    return text === undefined ? undefined : { value: unescaped(text), literal: false };
  }
  const plain = take(PLAIN)?.[1] ?? "";
  return { value: plain.replace(/(^|[ \t])#.*$/, "").trimEnd(), literal: false };
}

// `\${` must not be read as a variable later; `$${` is how that is said.
function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (whole, sign: string, offset: number) => {
    if (sign === "$") return text[offset + 2] === "{" ? "$$" : "$";
    return ESCAPES[sign] ?? whole;
  });
}
