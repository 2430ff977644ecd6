/** Many calls that share one parent signal, behind one listener. */
class AbortHub {
  readonly #callbacks = new Set<(reason: unknown) => void>();
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => {
    const waiting = [...this.#callbacks];
    this.#callbacks.clear();
    for (const callback of waiting) callback(this.#signal.reason);
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(callback: (reason: unknown) => void): void {
    if (this.#callbacks.size === 0) this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#callbacks.add(callback);
  }

  remove(callback: (reason: unknown) => void): void {
    if (!this.#callbacks.delete(callback)) return;
    if (this.#callbacks.size === 0) this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

const hubs = new WeakMap<AbortSignal, AbortHub>();

/**
 * Calls back with the signal's reason when it aborts. Returns a function that ends this. A signal carries one listener
 * however many callbacks wait, and none when none waits: adding to an `EventTarget` costs more with each listener.
 */
export function onAbort(signal: AbortSignal, callback: (reason: unknown) => void): () => void {
  let hub = hubs.get(signal);
  if (hub === undefined) {
    hub = new AbortHub(signal);
    hubs.set(signal, hub);
  }
  const found = hub;
  found.add(callback);
  return () => found.remove(callback);
}
