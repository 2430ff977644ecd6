import { hasCode, type ResilienceErrorCode } from "../../errors.ts";

const CODES: readonly (readonly [ResilienceErrorCode, code: string, message: string])[] = [
  ["RESILIENCE_CIRCUIT_OPEN", "EOPENBREAKER", "Breaker is open"],
  ["RESILIENCE_ISOLATED", "EOPENBREAKER", "Breaker is open"],
  ["RESILIENCE_TIMEOUT", "ETIMEDOUT", "Timed out"],
  ["RESILIENCE_BULKHEAD_FULL", "ESEMLOCKED", "Semaphore locked"],
];

/** An error of a guard with the code that opossum gives it, and the guard's error as its cause; another error as it is. */
export function legacyError(error: unknown): unknown {
  const found = CODES.find(([own]) => hasCode(error, own));
  if (found === undefined) return error;
  const [, code, message] = found;
  return Object.assign(new Error(message, { cause: error }), { code });
}

/** What a call gets after `shutdown()`. */
export function shutdownError(): Error {
  return Object.assign(new Error("The circuit has been shutdown."), { code: "ESHUTDOWN" });
}
