import { showValue } from "@seaworthy/core/options";
import type { EdgeRequest } from "../messages.ts";

/** What a rule says about a request: its method and its path. */
type Asked = Pick<EdgeRequest, "method" | "path">;

/**
 * Whether a request is for a path or for what lies below it, as the most lenient router reads paths: `"/login"`,
 * optionally behind a method (`"POST /login"`; GET is HEAD too). Letter case, percent-encoding and repeated slashes do not
 * matter, because they do not matter to every router, and a caller must not get around a rule by them.
 *
 * @throws TypeError if `match` is not such a path
 */
export function pathMatcher(name: string, match: unknown): (request: Asked) => boolean {
  const [, method, given] = /^(?:([A-Z]+) )?(\/\S*)$/.exec(typeof match === "string" ? match : "") ?? [];
  if (given === undefined) throw new TypeError(`${name} must be a path such as "POST /login"; got ${showValue(match)}`);
  const prefix = comparable(given);
  const below = prefix.endsWith("/") ? prefix : `${prefix}/`;
  const isInside = (path: string): boolean => path === prefix || path.startsWith(below);
  const takes = (asked: string): boolean =>
    method === undefined || asked === method || (asked === "HEAD" && method === "GET");
  return (request) => takes(request.method) && isInside(comparable(request.path));
}

function comparable(path: string): string {
  const lower = (path.includes("%") ? decoded(path) : path).toLowerCase();
  return lower.includes("//") ? lower.replaceAll(/\/{2,}/g, "/") : lower;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // no router serves it
  }
}
