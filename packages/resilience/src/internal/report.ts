const reported = new WeakSet<object>();

/**
 * Says once, as a process warning with code `RESILIENCE_CALLBACK`, that a host's callback threw. The call it was asked
 * about goes on: a mistake in a predicate or a listener must not change what the caller sees.
 */
export function reportCallback(callback: object, name: string, error: unknown): void {
  if (reported.has(callback)) return;
  reported.add(callback);
  let reason = "an unreadable value";
  try {
    reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    // Its own text is all that is lost.
  }
  process.emitWarning(`${name} threw (${reason}); later failures of it are not reported.`, {
    code: "RESILIENCE_CALLBACK",
  });
}

/** The predicate's answer, or `otherwise` when it throws or answers with a promise, which would always be true. */
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
    throw new TypeError("it must answer true or false at once; got a promise");
  }
  return Boolean(answer);
}
