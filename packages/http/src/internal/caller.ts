import type { Scope } from "../idempotency.ts";
import type { EdgeRequest } from "../messages.ts";

/** Headers by which services and the proxies in front of them recognize callers. */
const CREDENTIALS: readonly string[] = [
  "authorization",
  "cookie",
  "proxy-authorization",
  "x-api-key",
  "api-key",
  "apikey",
  "x-auth-token",
  "x-access-token",
  "x-session-token",
  "x-session-id",
  "x-token",
  "x-user-id",
  "x-forwarded-user",
  "x-forwarded-client-cert",
  "x-client-cert",
  "ssl-client-cert",
  "x-amzn-oidc-data",
  "cf-access-jwt-assertion",
  "x-goog-iap-jwt-assertion",
];

/**
 * Identifies the caller that an idempotency key belongs to: by the route's own scope, else by the principal, else by
 * every credential that the request carries.
 */
export function callerOf(request: EdgeRequest, scope: Scope | undefined): string {
  if (typeof scope === "function") {
    const given: unknown = scope(request);
    if (typeof given === "string") return given;
    throw new TypeError(`idempotency.scope must return a string; got ${typeof given}`);
  }
  if (request.principal !== undefined) return JSON.stringify(["principal", request.principal.id]);
  return JSON.stringify(["credentials", ...CREDENTIALS.map((name) => request.header(name) ?? null)]);
}
