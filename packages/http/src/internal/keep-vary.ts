import type { ServerResponse } from "node:http";

export const HAS_ORIGIN: RegExp = /(?:^|,)\s*(?:origin|\*)\s*(?:,|$)/i;

/**
 * Makes an answer that depends on the origin say so, whatever its handler does with `Vary`: a cache that does not know
 * would give one origin's answer to another.
 */
export function keepVary(response: ServerResponse): void {
  const writeHead = response.writeHead as (...values: unknown[]) => ServerResponse;
  // Own member over the prototype's: Node writes implicit headers through it as well.
  response.writeHead = function (this: ServerResponse, ...values: unknown[]): ServerResponse {
    if (this.headersSent) return Reflect.apply(writeHead, this, values);
    const vary = this.getHeader("vary");
    if (vary !== "Origin") this.setHeader("vary", joined(vary));
    const headers = values.at(-1);
    if (typeof headers === "object" && headers !== null)
      values[values.length - 1] = withOrigin(headers as Record<string, unknown> | unknown[]);
    return Reflect.apply(writeHead, this, values);
  };
}

function joined(given: unknown): string {
  const text = Array.isArray(given) ? given.join(", ") : typeof given === "string" ? given : "";
  if (HAS_ORIGIN.test(text)) return text;
  return text === "" ? "Origin" : `${text}, Origin`;
}

const isVary = (name: unknown): boolean =>
  typeof name === "string" && name.length === 4 && name.toLowerCase() === "vary";

/** Headers as `writeHead` takes them: an object, a flat list, or a list of pairs. */
function withOrigin(headers: Record<string, unknown> | unknown[]): Record<string, unknown> | unknown[] {
  if (!Array.isArray(headers) && !Object.keys(headers).some(isVary)) return headers;
  if (!Array.isArray(headers))
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, isVary(name) ? joined(value) : value]),
    );
  if (Array.isArray(headers[0]))
    return (headers as unknown[][]).map(([name, value]) => [name, isVary(name) ? joined(value) : value]);
  return headers.map((value, i) => (i % 2 === 1 && isVary(headers[i - 1]) ? joined(value) : value));
}
