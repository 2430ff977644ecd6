import { createHash, timingSafeEqual } from "node:crypto";
import type { Secret } from "@seaworthy/core";
import type { EdgeOptions, EdgeRequest, LoggerPort } from "@seaworthy/http";

/** The log level and the live log, for callers that send the token. Without a token, these endpoints do not exist. */
export function operators(
  token: Secret | undefined,
  logger: LoggerPort,
): Pick<EdgeOptions, "authenticate" | "operations"> {
  if (token === undefined) return {};
  const expected = digest(`Bearer ${token.reveal()}`);
  const isOperator = (request: EdgeRequest): boolean =>
    timingSafeEqual(digest(request.header("authorization") ?? ""), expected);
  return {
    authenticate: (request) => (isOperator(request) ? { id: "operator" } : undefined),
    operations: { authorize: isOperator, logger },
  };
}

/** `timingSafeEqual` compares values of the same length, which digests have. */
const digest = (value: string): Buffer => createHash("sha256").update(value).digest();
