/** One variable of a `.env` file. */
export interface DotenvEntry {
  readonly value: string;
  /** Whether it is in single quotes, so that `${VAR}` in it is not expanded. */
  readonly literal: boolean;
  readonly line: number;
  readonly column: number;
}

/** A line that cannot be read. The message never quotes it. */
export interface DotenvFault {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** A name that occurs more than once, with the line of the last occurrence. */
export interface DotenvRepetition {
  readonly name: string;
  readonly line: number;
}

/** The content of a `.env` file. */
export interface Dotenv {
  readonly entries: Map<string, DotenvEntry>;
  readonly faults: readonly DotenvFault[];
  readonly repeated: readonly DotenvRepetition[];
}

const BLANK = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const NAME = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/y;
const END = "[ \\t]*(?:#[^\\n]*)?(?:\\n|$)";
const QUOTED: Readonly<Record<string, RegExp>> = {
  "'": new RegExp(`'((?:\\\\'|[^'])*)'${END}`, "y"),
  '"': new RegExp(`"((?:\\\\"|[^"])*)"${END}`, "y"),
  "`": new RegExp(`\`((?:\\\\\`|[^\`])*)\`${END}`, "y"),
};
const PLAIN = /([^#\n]*)(?:#[^\n]*)?(?:\n|$)/y;
const LINE = /[^\n]*(?:\n|$)/y;

/**
 * Reads a `.env` file in the dialect on which the package `dotenv` and `node --env-file` agree: `NAME=value` lines with
 * `export`, comments, and values in single quotes, double quotes or backticks, which may span lines. The only escapes are
 * `\n` and `\r` in double quotes. A `#` outside of quotes begins a comment. If a name occurs more than once, the last
 * value counts.
 *
 * A line that these readers ignore is a fault here, and so is a quote that is not closed.
 */
export function readDotenv(text: string): Dotenv {
  const source = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const entries = new Map<string, DotenvEntry>();
  const faults: DotenvFault[] = [];
  const repeated: DotenvRepetition[] = [];
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
      else {
        if (entries.has(name)) repeated.push({ name, line });
        entries.set(name, { ...entry, ...place });
      }
    }
    line += source.slice(start, at).split("\n").length - 1;
  }
  return { entries, faults, repeated };
}

function takeValue(
  first = "",
  take: (pattern: RegExp) => RegExpExecArray | null,
): { value: string; literal: boolean } | undefined {
  const quoted = QUOTED[first];
  const text = take(quoted ?? PLAIN)?.[1];
  if (text === undefined) return undefined;
  if (first === "'") return { value: text, literal: true };
  const whole = quoted === undefined ? text.trim() : first === '"' ? unescaped(text) : text;
  // This is how `dotenv-expand` writes a literal `${`, which is `$${` here.
  return { value: whole.replaceAll("\\${", () => "$${"), literal: false };
}

function unescaped(text: string): string {
  return text.replaceAll("\\n", "\n").replaceAll("\\r", "\r");
}
