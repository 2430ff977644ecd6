import { showValue } from "./internal/show-value.ts";
import { readMember } from "./objects.ts";
import { scrubAndCut } from "./scrub-secrets.ts";

/** Options of a {@link ListenerSet}. */
export interface ListenerSetOptions {
  /** The function that takes the listeners, such as `"health.onChange"`. Warnings and errors name it. */
  owner: string;
  /** Code of the process warning about a listener that fails, such as `"HEALTH_LISTENER"`. */
  code: string;
  /** Text of a failure in the warning. @default name and message of the error, without secrets */
  describe?: ((error: unknown) => string) | undefined;
  /** Called with every failure, instead of the process warning. */
  onFailure?: ((error: unknown) => void) | undefined;
}

/**
 * Listeners of one kind of event. A listener that throws or rejects reaches neither the code that notifies nor the other
 * listeners. Its first failure is a process warning.
 *
 * A function that is added twice is called twice. A listener that is removed while others are notified is not called
 * any more.
 *
 * @example
 * ```ts
 * import { ListenerSet } from "@seaworthy/core/listeners";
 * const listeners = new ListenerSet<string>({ owner: "queue.onChange", code: "QUEUE_LISTENER" });
 * const remove = listeners.add((state) => console.log(state));
 * listeners.notify("full"); // full
 * remove();
 * ```
 */
export class ListenerSet<E> {
  readonly #options: ListenerSetOptions;
  readonly #entries = new Set<{ readonly listener: (event: E) => unknown }>();

  constructor(options: ListenerSetOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Adds a listener. Returns a function that removes it.
   *
   * @throws TypeError if the listener is not a function
   */
  add(listener: (event: E) => unknown): () => void {
    if (typeof listener !== "function")
      throw new TypeError(`${this.#options.owner}: listener must be a function; got ${showValue(listener)}`);
    const entry = { listener };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  /** Calls every listener with the event. Never throws, and waits for nothing. */
  notify(event: E): void {
    if (this.#entries.size === 0) return;
    for (const entry of [...this.#entries]) {
      if (!this.#entries.has(entry)) continue;
      callGuarded(entry.listener, event, (error) => this.#report(entry.listener, error));
    }
  }

  /** Removes all listeners. */
  clear(): void {
    this.#entries.clear();
  }

  #report(listener: object, error: unknown): void {
    const { owner, code, describe, onFailure } = this.#options;
    if (onFailure === undefined) {
      warnOfCallback(listener, { name: `A listener of ${owner}`, code, describe }, error);
      return;
    }
    try {
      onFailure(error);
    } catch {
      // A report that fails must not reach the code that notifies either.
    }
  }
}

function callGuarded<E>(listener: (event: E) => unknown, event: E, report: (error: unknown) => void): void {
  try {
    const result = listener(event);
    // Left alone, the rejection of an async listener would end the process.
    if (typeof readMember(result, "then") === "function") Promise.resolve(result).catch(report);
  } catch (error) {
    report(error);
  }
}

/** How {@link warnOfCallback} names a callback. */
export interface CallbackDescription {
  /** Such as `"A listener of health.onChange"` or `"retryIf of the policy \"orders\""`. */
  readonly name: string;
  /** Code of the process warning. */
  readonly code: string;
  /** Text of a failure. @default name and message of the error, without secrets */
  readonly describe?: ((error: unknown) => string) | undefined;
}

const warned = new WeakMap<object, Set<string>>();

/**
 * Emits a process warning that a callback of the host failed: once per callback and code, however often it fails. Never
 * throws.
 */
export function warnOfCallback(callback: object, description: CallbackDescription, error: unknown): void {
  const { name, code, describe = failureText } = description;
  const codes = warned.get(callback) ?? new Set();
  if (codes.has(code)) return;
  warned.set(callback, codes.add(code));
  process.emitWarning(`${name} failed (${guardedText(describe, error)}); later failures of it are not reported.`, {
    code,
  });
}

/** Name and message of anything thrown, on one line, without secrets, 1024 units at most. Never throws. */
export function failureText(error: unknown): string {
  return guardedText(
    (thrown) => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)),
    error,
  );
}

function guardedText(describe: (error: unknown) => string, error: unknown): string {
  try {
    return scrubAndCut(describe(error), 1024);
  } catch {
    return "an unreadable value";
  }
}
