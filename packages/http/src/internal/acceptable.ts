import { errors } from "../errors.ts";
import type { Answer, EdgeRequest } from "../messages.ts";

const LONGEST_ACCEPT = 4096;

/**
 * Refuses to send an answer that its client does not accept (RFC 9110, section 12.5.1), if the request changed nothing:
 * the answer to an unsafe request says what was done, and is sent in any case. A client that accepts any form of JSON
 * gets JSON.
 *
 * @throws HTTP_NOT_ACCEPTABLE if the client refuses the media type of the answer
 */
export function checkAcceptable(request: EdgeRequest, answer: Answer): void {
  if (answer.body === "" || answer.status > 299 || (request.method !== "GET" && request.method !== "HEAD")) return;
  const accept = request.header("accept");
  if (accept === undefined || accept === "*/*") return;
  const type = answer.headers.find(([name]) => name === "content-type")?.[1];
  const bare = type?.split(";", 1)[0]?.trim().toLowerCase();
  if (bare !== undefined && !accepts(accept.slice(0, LONGEST_ACCEPT), bare))
    throw errors.HTTP_NOT_ACCEPTABLE({ available: [bare] });
}

/** The most specific range that matches decides. */
function accepts(accept: string, type: string): boolean {
  let best = 0;
  let quality = 0;
  for (const range of accept.split(",")) {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const precision = precisionOf(name, type);
    if (precision <= best) continue;
    best = precision;
    quality = qualityOf(parameters);
  }
  return quality > 0;
}

function precisionOf(range: string, type: string): number {
  if (range === type || range === "*") return range === type ? 4 : 1;
  if (type === "application/json" && range.endsWith("+json")) return 3;
  if (range.endsWith("/*") && type.startsWith(range.slice(0, -1))) return 2;
  return range === "*/*" ? 1 : 0;
}

function qualityOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  return text === undefined || text === "" || Number.isNaN(Number(text)) ? 1 : Number(text);
}
