/** Why a text must not be parsed. */
export interface ScanFault {
  readonly code: "too_deep" | "too_many_keys" | "forbidden_key" | "invalid_json";
  readonly message: string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

// The longest spelling of one of the forbidden names: each letter as an escape of six characters.
const LONGEST_NAME = 6 * "constructor".length;

/**
 * Scans a JSON text once, from left to right, for nesting, members and names. It finds what exceeds a limit in every text
 * that a JSON parser would accept. Whether the text is JSON is left to the parser.
 */
export function scanJson(text: string, mostDepth: number, mostKeys: number): ScanFault | undefined {
  // For each depth, whether the value that begins there belongs to a member named "constructor".
  const constructs = new Uint8Array(mostDepth + 2);
  let depth = 0;
  let keys = 0;
  let start = -1;
  let end = -1;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        start = i + 1;
        end = closingQuote(text, start);
        if (end < 0) return { code: "invalid_json", message: "must be JSON: a string has no end" };
        i = end;
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        if (++depth > mostDepth)
          return { code: "too_deep", message: `must not be nested more than ${mostDepth} levels deep` };
        constructs[depth + 1] = 0;
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        if (--depth < 0) return { code: "invalid_json", message: "must be JSON: a closing bracket has no opening one" };
        break;
      case COLON: {
        if (++keys > mostKeys) return { code: "too_many_keys", message: `must not have more than ${mostKeys} members` };
        const name = end - start <= LONGEST_NAME ? nameOf(text, start, end) : "";
        if (name === "__proto__" || (name === "prototype" && constructs[depth] === 1)) return forbidden(name);
        constructs[depth + 1] = name === "constructor" ? 1 : 0;
        break;
      }
    }
  }
  return undefined;
}

function forbidden(name: string): ScanFault {
  const shown = name === "prototype" ? "constructor.prototype" : name;
  return { code: "forbidden_key", message: `must not have a member ${shown}` };
}

/** Returns the index of the quote that ends a string, or -1. */
function closingQuote(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) return i;
    if (character === BACKSLASH) i++;
  }
  return -1;
}

function nameOf(text: string, start: number, end: number): string {
  const raw = text.slice(start, end);
  if (!raw.includes("\\")) return raw;
  return raw.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
