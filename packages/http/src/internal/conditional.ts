import { createHash } from "node:crypto";
import type { Answer, EdgeRequest } from "../messages.ts";

/** Headers that a 304 has in common with the answer that it stands for; RFC 9110, section 15.4.5. */
const OF_NOT_MODIFIED = new Set([
  "cache-control",
  "content-location",
  "date",
  "etag",
  "expires",
  "last-modified",
  "set-cookie",
  "vary",
]);

/**
 * Gives an answer to GET or HEAD an entity tag, and answers 304 if the client has it already. An answer that brings along
 * a tag of its own keeps it; one that is not 200 is left alone.
 */
export function conditional(request: EdgeRequest, answer: Answer): Answer {
  if (answer.status !== 200 || answer.body === "" || (request.method !== "GET" && request.method !== "HEAD"))
    return answer;
  const own = answer.headers.find(([name]) => name === "etag")?.[1];
  const tag = own ?? tagOf(answer.body);
  const headers = own === undefined ? [...answer.headers, ["etag", tag] as const] : answer.headers;
  const known = request.header("if-none-match");
  if (known === undefined || !matches(known, tag)) return { ...answer, headers };
  return { status: 304, headers: headers.filter(([name]) => OF_NOT_MODIFIED.has(name)), body: "" };
}

/** A weak one: a proxy may compress the body. */
function tagOf(body: string): string {
  const digest = createHash("sha1").update(body).digest("base64").slice(0, 27);
  return `W/"${Buffer.byteLength(body).toString(16)}-${digest}"`;
}

/** Weak comparison (RFC 9110, section 8.8.3.2). */
function matches(known: string, tag: string): boolean {
  if (known.trim() === "*") return true;
  const opaque = tag.replace(/^W\//, "");
  return known.split(",").some((one) => one.trim().replace(/^W\//, "") === opaque);
}
