const BOUND = /^([a-z]+) to (?:be|have) ([<>]=?)(\S+)( [a-z]+)?$/;
const SIGNS: Readonly<Record<string, string>> = {
  ">=": "at least",
  "<=": "at most",
  ">": "more than",
  "<": "less than",
};
const NOUNS: Readonly<Record<string, string>> = {
  array: "an array",
  int: "an integer",
  object: "an object",
  bigint: "an integer",
};

/**
 * Rewrites a message of the schema library so that it can follow the word "expected": "Too small: expected number to be
 * >=1" becomes "a number of at least 1", and "Invalid URL" becomes "a valid URL".
 */
export function wordsOf(message: string): string {
  if (/^Invalid \w/.test(message) && !message.includes(":")) return `a valid ${message.slice("Invalid ".length)}`;
  const words = /^(?:[A-Z][a-z]+(?: [a-z]+)*: )?(?:expected )?(.*)$/s.exec(message)?.[1] || "a valid value";
  const [, type, sign, limit, unit = ""] = BOUND.exec(words) ?? [];
  if (type !== undefined && sign !== undefined)
    return `${NOUNS[type] ?? `a ${type}`} of ${SIGNS[sign]} ${limit}${limit === "1" ? unit.replace(/s$/, "") : unit}`;
  if (/^one of ".*"\|/.test(words)) return words.replaceAll('"|"', '", "');
  return words.startsWith("must ") ? `a value that ${words}` : words;
}
