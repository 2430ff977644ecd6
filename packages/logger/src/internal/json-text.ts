// Anything but printable ASCII without the quote and the backslash, which JSON writes unchanged.
const ODD = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
// JSON leaves these unchanged, but terminals interpret the C1 controls, and readers of lines split at the separators.
const UNESCAPED = /[\x7f-\x9f\u2028\u2029]/g;
// Up to this length, a loop is faster than the regular expression.
const SHORT = 24;

/** Whether JSON writes `text` unchanged between quotes. */
export function isPlain(text: string): boolean {
  if (text.length > SHORT) return !ODD.test(text);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 32 || unit === 34 || unit === 92 || unit > 126) return false;
  }
  return true;
}

/** Returns `text` as JSON in which no character can end a line or control a terminal. */
export function quote(text: string): string {
  if (isPlain(text)) return `"${text}"`;
  return JSON.stringify(text).replace(UNESCAPED, escapeUnit);
}

/** Returns the JSON escape of one character. */
export function escapeUnit(character: string): string {
  const unit = (i: number): string => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
  return character.length === 1 ? unit(0) : unit(0) + unit(1);
}
