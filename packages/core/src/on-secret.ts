import { registry, type SecretMatcher } from "./internal/secret-registry.ts";
import { warnOfCallback } from "./listeners.ts";
import { requiredFunction } from "./options.ts";

/**
 * Is called with a matcher for each secret that can be found by its value. If it returns a function, that function is
 * called when the secret has been garbage-collected.
 */
export type SecretListener = (matcher: SecretMatcher) => unknown;

// The text of the error may hold the secret.
const WARNING = {
  name: "A listener for secrets",
  code: "CORE_SECRET_LISTENER",
  describe: () => "its error is not shown",
};

/**
 * Calls `listener` with a matcher for each living secret, now and whenever one is made. Returns a function that
 * unsubscribes.
 *
 * An error of the listener reaches neither the code that makes a secret nor the garbage collector. The first one is a
 * process warning with the code `CORE_SECRET_LISTENER`.
 *
 * @throws TypeError if the listener is not a function
 */
export function onSecret(listener: SecretListener): () => void {
  requiredFunction("listener", listener);
  const ends = new Set<() => void>();
  const guarded = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      warnOfCallback(listener, WARNING, error);
      return undefined;
    }
  };
  const tell = (matcher: SecretMatcher): void => {
    const forgotten = guarded(() => listener(matcher));
    if (typeof forgotten !== "function") return;
    const list = registry.forget.get(matcher) ?? [];
    registry.forget.set(matcher, list);
    const end = (): void => {
      // Whatever leads from here to the matcher must go with the secret: the matcher holds its value.
      ends.delete(leave);
      guarded(() => forgotten());
    };
    const leave = (): void => void list.splice(list.indexOf(end) >>> 0, 1);
    list.push(end);
    ends.add(leave);
  };
  registry.listeners.add(tell);
  for (const matcher of registry.matchers.keys()) tell(matcher);
  return () => {
    registry.listeners.delete(tell);
    for (const leave of ends) leave();
    ends.clear();
  };
}
