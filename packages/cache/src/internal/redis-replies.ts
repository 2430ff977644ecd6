/** A reply as a string, however the client decodes it; `undefined` for nil. */
export function replyText(reply: unknown): string | undefined {
  if (reply === null || reply === undefined) return undefined;
  if (typeof reply === "string") return reply;
  return reply instanceof Uint8Array ? Buffer.from(reply).toString() : String(reply);
}

/** A reply that is an array; any other reply is an error. */
export function replyArray(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw new TypeError("the server's reply is not an array");
  return reply;
}

/** A reply that is a number in decimal digits; any other reply is an error. */
export function replyNumber(reply: unknown): number {
  const value = Number(replyText(reply) ?? Number.NaN);
  if (!Number.isFinite(value)) throw new TypeError("the server's reply is not a number");
  return value;
}
