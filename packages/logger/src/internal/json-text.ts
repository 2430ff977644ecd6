// Printable ASCII without the quote and the backslash: what JSON writes as it is.
const ODD = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
// JSON leaves these as they are, but terminals obey the C1 controls, and line readers split at the separators.
const UNESCAPED = /[\x7f-\x9f\u2028\u2029]/g;
// Up to this length a loop beats the regular expression.
const SHORT = 24;

/** Whether JSON writes `text` as it is, between quotes. */
export function isPlain(text: string): boolean {
  if (text.length > SHORT) return !ODD.test(text);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 32 || unit === 34 || unit === 92 || unit > 126) return false;
  }
  return true;
}

/** `text` as JSON in which no byte can end a line or steer a terminal. */
export function quote(text: string): string {
  if (isPlain(text)) return `"${text}"`;
  return JSON.stringify(text).replace(UNESCAPED, escapeUnit);
}

/** One character as JSON writes an escape. */
export function escapeUnit(character: string): string {
  const unit = (i: number): string => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
  return character.length === 1 ? unit(0) : unit(0) + unit(1);
}
