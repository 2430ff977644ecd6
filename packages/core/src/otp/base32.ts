const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Base 32 (RFC 4648), upper case, without padding. */
export function toBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(held >>> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}

/**
 * Bytes of base 32 in either case, blanks and hyphens ignored, padding optional; `undefined` if the text is not base 32.
 *
 * @param rest - what to do with bits that make no byte: they must be zero, or are dropped whatever they are
 */
export function fromBase32(text: string, rest: "zero" | "any" = "zero"): Buffer | undefined {
  const digits = text
    .replace(/[\s-]/g, "")
    .replace(/={0,6}$/, "")
    .toUpperCase();
  if (!/^[A-Z2-7]*$/.test(digits) || [1, 3, 6].includes(digits.length % 8)) return undefined;
  // What it decodes is a secret: not in Node's pool, where others could read it.
  const bytes = Buffer.from(new ArrayBuffer(Math.floor((digits.length * 5) / 8)));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    held = (held << 5) | ALPHABET.indexOf(digit);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >>> bits;
    held &= (1 << bits) - 1;
  }
  // Where they may be anything, several texts stand for the same bytes.
  return held === 0 || rest === "any" ? bytes : undefined;
}
