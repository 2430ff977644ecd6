import type { LimitDecision, Limiter } from "@seaworthy/core";
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
