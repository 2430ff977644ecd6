import type { LimitDecision, Limiter } from "@seaworthy/core";
import { checkOptions, flag, optionalFunction } from "@seaworthy/core/options";
import { addressKey } from "./client-address.ts";
import { pathMatcher } from "./internal/path-matcher.ts";
import type { EdgeRequest } from "./messages.ts";

/** One limit of the edge. */
export interface LimitRule {
  /**
   * Which requests: a path prefix such as `"/login"`, optionally behind a method (`"POST /login"`; GET is HEAD too), or a
   * function, which gets the path as it was sent. Letter case, percent-encoding and repeated slashes of a path do not
   * matter to a prefix, because they do not matter to every router. @default all
   */
  match?: string | ((request: EdgeRequest) => boolean);
  /** Counts the requests of a key and decides about each; the port of `@seaworthy/core`. */
  limiter: Limiter;
  /** Whose requests are counted together. @default the client's address, the /64 of an IPv6 one */
  key?: (request: EdgeRequest) => string;
  /** Whether the rule is applied after authentication, when the principal is known. @default false */
  byPrincipal?: boolean;
  /** Makes the headers that describe the decision to the client, such as `RateLimit`. @default none */
  headers?: (decision: LimitDecision) => Readonly<Record<string, string | number>>;
}

/** A rule with its defaults filled in. */
export interface CheckedRule {
  matches(request: EdgeRequest): boolean;
  keyOf(request: EdgeRequest): string;
  readonly limiter: Limiter;
  readonly byPrincipal: boolean;
  readonly headers: LimitRule["headers"];
}

const OPTIONS = ["match", "limiter", "key", "byPrincipal", "headers"];

/** @throws TypeError if a rule has no limiter, or its match is neither a path nor a function */
export function checkRule(rule: LimitRule): CheckedRule {
  checkOptions("limits", rule, OPTIONS);
  const { match, limiter, key, byPrincipal = false, headers } = rule;
  if (typeof limiter?.consume !== "function") throw new TypeError("limits: limiter must have consume(key)");
  flag("limits: byPrincipal", byPrincipal);
  optionalFunction("limits: key", key);
  optionalFunction("limits: headers", headers);
  const keyOf = key ?? ((request) => addressKey(request.address));
  return { limiter, byPrincipal, matches: matcherOf(match), keyOf, headers };
}

function matcherOf(match: LimitRule["match"]): (request: EdgeRequest) => boolean {
  if (match === undefined) return () => true;
  return typeof match === "function" ? match : pathMatcher("limits: match", match);
}
