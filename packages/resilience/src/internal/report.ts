import { warnOfCallback } from "@seaworthy/core/listeners";

/** Code of the process warning about a callback of the host that throws. */
export const CALLBACK_WARNING = "RESILIENCE_CALLBACK";

/**
 * Emits a process warning, once per callback, that a callback of the host threw. The call goes on: a mistake in a predicate
 * or a listener must not change what the caller sees.
 */
export function reportCallback(callback: object, name: string, error: unknown): void {
  warnOfCallback(callback, { name, code: CALLBACK_WARNING }, error);
}

/** What the predicate returns, or `otherwise` if it throws or returns a promise, which would always be true. */
export function callPredicate<A extends unknown[]>(
  predicate: (...args: A) => unknown,
  name: string,
  otherwise: boolean,
  ...args: A
): boolean {
  try {
    return decided(predicate(...args));
  } catch (error) {
    reportCallback(predicate, name, error);
    return otherwise;
  }
}

function decided(answer: unknown): boolean {
  if (typeof answer === "object" && answer !== null && "then" in answer) {
    Promise.resolve(answer).catch(() => undefined);
    throw new TypeError("it must return a boolean at once; got a promise");
  }
  return Boolean(answer);
}
