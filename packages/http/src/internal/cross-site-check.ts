import { checkOptions, oneOf, showValue, withDefault } from "@seaworthy/core/options";
import { originMatcher } from "@seaworthy/validators/network";
import type { CrossSiteOptions } from "../cross-site.ts";
import type { EdgeExchange } from "./exchange-parts.ts";
import { isOwnOrigin } from "./own-origin.ts";

/** Whether a request has to be refused because a page of another site may have sent it. */
export type CrossSiteCheck = (request: EdgeExchange) => boolean;

const OPTIONS = ["requests", "origins", "bypass"];
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const UNUSUAL = /%|\/\/|\/\.|\\/;

/**
 * Recognizes unsafe requests of other sites by the headers that only browsers write, without tokens: `Sec-Fetch-Site`
 * decides if it is there; otherwise `Origin` has to name the host of the request. Clients that are not browsers send
 * neither.
 *
 * @param mayCall - origins that `cors` admits with credentials
 * @throws TypeError if an option is malformed
 */
export function crossSiteCheck(options: CrossSiteOptions, mayCall: (origin: string) => boolean): CrossSiteCheck {
  checkOptions("crossSite", options, OPTIONS);
  const { origins = [], bypass = [] } = options;
  const checked = oneOf("crossSite.requests", withDefault(options.requests, "cookies"), ["cookies", "all"]);
  const isListed = matcherOf(origins);
  const paths = bypassOf(bypass);
  return (request) => {
    if (SAFE.has(request.method)) return false;
    if (checked === "cookies" && request.header("cookie") === undefined) return false;
    const site = request.header("sec-fetch-site");
    if (site === "same-origin" || site === "none") return false;
    const origin = request.header("origin");
    if (site === undefined && (origin === undefined || isOwnOrigin(origin, request.host))) return false;
    if (origin !== undefined && (isListed(origin) || mayCall(origin))) return false;
    return !isBypassed(paths, request.path);
  };
}

function isBypassed(paths: readonly string[], path: string): boolean {
  return (
    paths.some((one) => path === one || path.startsWith(one.endsWith("/") ? one : `${one}/`)) && !UNUSUAL.test(path)
  );
}

function matcherOf(origins: readonly string[]): (origin: string) => boolean {
  if (!Array.isArray(origins))
    throw new TypeError(`crossSite.origins must be an array of origins; got ${showValue(origins)}`);
  try {
    return originMatcher(origins);
  } catch (error) {
    throw new TypeError(`crossSite.${(error as Error).message}`);
  }
}

function bypassOf(paths: unknown): readonly string[] {
  if (!Array.isArray(paths)) throw new TypeError(`crossSite.bypass must be an array of paths; got ${showValue(paths)}`);
  for (const path of paths)
    if (typeof path !== "string" || !/^\/[^?#\s]+$/.test(path) || UNUSUAL.test(path))
      throw new TypeError(`crossSite.bypass: an entry must be a path such as "/saml/acs"; got ${showValue(path)}`);
  return [...paths];
}
