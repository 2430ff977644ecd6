import type { Limiter } from "@seaworthy/core";
import { checkOptions, flag, optionalFunction } from "@seaworthy/core/options";
import { addressKey } from "../client-address.ts";
import type { LimitRule } from "../limits.ts";
import type { EdgeRequest } from "../messages.ts";
import { pathMatcher } from "./path-matcher.ts";

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
