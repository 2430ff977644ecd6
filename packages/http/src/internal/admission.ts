import type { Principal } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { Answer } from "../messages.ts";
import type { Edge } from "./edge-core.ts";
import type { EdgeExchange } from "./exchange-parts.ts";
import type { CheckedRule } from "./limit-rules.ts";

/** The edge's own answer to a request, or `undefined` to let it in. Throws or rejects with what a hook threw. */
export function admit(edge: Edge, exchange: EdgeExchange): Answer | undefined | Promise<Answer | undefined> {
  if (exchange.hasTwoHosts) return exchange.problem(errors.HTTP_MALFORMED_REQUEST());
  const operations = edge.hasOwnListener === exchange.isOperations ? edge.operations : undefined;
  const probe = operations?.answer(exchange);
  if (probe !== undefined) return probe;
  const guarded = operations?.guards(exchange) === true;
  // Operators need their endpoints under overload most of all.
  const own = preflight(edge, exchange) ?? crossSite(edge, exchange) ?? (guarded ? undefined : shed(edge, exchange));
  if (own !== undefined) return own;
  return edge.waits || guarded ? enter(edge, exchange, guarded) : undefined;
}

function preflight(edge: Edge, exchange: EdgeExchange): Answer | undefined {
  if (exchange.method !== "OPTIONS" || exchange.header("access-control-request-method") === undefined) return undefined;
  const origin = exchange.header("origin");
  if (origin === undefined) return undefined;
  // Without the headers that allow it, the browser does not send the request; the status says nothing to scripts.
  const headers = edge.cors?.preflight(origin);
  if (headers === undefined) exchange.rejected("origin");
  return { status: 204, headers: headers ?? [["vary", "Origin"]], body: "" };
}

function shed({ load }: Edge, exchange: EdgeExchange): Answer | undefined {
  const refusal = load?.refusal(exchange);
  if (load === undefined || refusal === undefined) return undefined;
  exchange.rejected("overload", refusal);
  return exchange.problem(errors.HTTP_OVERLOADED({}, { retryAfter: load.retryAfter }));
}

function crossSite({ isCrossSite }: Edge, exchange: EdgeExchange): Answer | undefined {
  if (isCrossSite === undefined || !isCrossSite(exchange)) return undefined;
  exchange.rejected("cross_site");
  return exchange.problem(errors.HTTP_CROSS_SITE_REQUEST());
}

/** Limits that need no principal come first, so that guessing credentials is limited too. */
async function enter(edge: Edge, exchange: EdgeExchange, guarded: boolean): Promise<Answer | undefined> {
  const { limits, authenticate, operations } = edge;
  const early = limits.before.length === 0 ? undefined : await limit(limits.before, exchange);
  if (early !== undefined) return early;
  if (authenticate !== undefined) exchange.principal = principalOf(await authenticate(exchange));
  const late = limits.behind.length === 0 ? undefined : await limit(limits.behind, exchange);
  return late ?? (guarded ? operations.answerGuarded(exchange) : undefined);
}

async function limit(rules: readonly CheckedRule[], exchange: EdgeExchange): Promise<Answer | undefined> {
  for (const rule of rules) {
    if (!rule.matches(exchange)) continue;
    const decision = await rule.limiter.consume(rule.keyOf(exchange));
    const given = rule.headers?.(decision);
    for (const name in given) exchange.setHeader(name.toLowerCase(), String(given[name]));
    if (decision.allowed) continue;
    exchange.rejected("limit");
    const { retryAfter, violated } = decision;
    const isUsable = Number(retryAfter) >= 0 && retryAfter !== Number.POSITIVE_INFINITY;
    const context = violated === undefined ? {} : { "violated-policies": violated };
    return exchange.problem(errors.HTTP_RATE_LIMITED(context, isUsable ? { retryAfter } : {}));
  }
  return undefined;
}

/** `null` means that there is no principal, as in many libraries. Without an id, callers could not be distinguished. */
function principalOf(given: Principal | null | undefined): Principal | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given.id === "string" && given.id !== "") return given;
  throw new TypeError(`authenticate must return a principal whose id is a string; got ${typeof given}`);
}
