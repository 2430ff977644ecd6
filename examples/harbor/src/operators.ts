import { createHash, timingSafeEqual } from "node:crypto";
import type { Secret } from "@seaworthy/core";
import type { EdgeOptions, EdgeRequest, LoggerPort } from "@seaworthy/http";

/**
 * What callers may do who send the token: everything that needs a permission. They can also change the log level and follow
 * the log. Without a token no caller has a permission, and the endpoints for the log do not exist.
 */
export function operators(
  token: Secret | undefined,
  logger: LoggerPort,
): Pick<EdgeOptions, "authenticate" | "can" | "operations"> {
  if (token === undefined) return { can: () => false };
  const expected = digest(`Bearer ${token.reveal()}`);
  const isOperator = (request: EdgeRequest): boolean =>
    timingSafeEqual(digest(request.header("authorization") ?? ""), expected);
  return {
    authenticate: (request) => (isOperator(request) ? { id: "operator" } : undefined),
    can: (principal) => principal.id === "operator",
    operations: { authorize: isOperator, logger },
  };
}

/** `timingSafeEqual` compares values of the same length, which digests have. */
const digest = (value: string): Buffer => createHash("sha256").update(value).digest();
