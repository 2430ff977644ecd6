import { validateHeaderName, validateHeaderValue } from "node:http";
import type { Header } from "../messages.ts";
import { membersOf } from "./members.ts";

/** Headers of the body that is not sent, of the connection, and of the session: a problem has its own, or none. */
const NOT_OF_A_PROBLEM = new Set([
  "connection",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
  "date",
  "etag",
  "keep-alive",
  "last-modified",
  "set-cookie",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-request-id",
]);

/**
 * The headers that an error brings along in `headers`, as http-errors, Express, Koa and @fastify/error have it: `Allow` of
 * 405, `Retry-After` of 503, `WWW-Authenticate` of 401, `Content-Range` of 416.
 */
export function headersOf(thrown: object): readonly Header[] {
  const given = membersOf(thrown).headers;
  if (typeof given !== "object" || given === null) return [];
  const kept: Header[] = [];
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase();
    if (NOT_OF_A_PROBLEM.has(lower) || (typeof value !== "string" && typeof value !== "number")) continue;
    if (canBeSent(lower, String(value))) kept.push([lower, String(value)]);
  }
  return kept;
}

function canBeSent(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
