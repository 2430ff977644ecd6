import type { OpossumInternals } from "./opossum-internals.ts";

/** An operation of a policy on its way through `fire` of an opossum breaker: it is the argument of the call. */
export class FiredOperation {
  readonly #work: () => Promise<unknown>;
  /** What the operation failed with; an error of opossum's own is another one. */
  failure: { readonly error: unknown } | undefined;
  running = false;

  constructor(work: () => Promise<unknown>) {
    this.#work = work;
  }

  async start(): Promise<unknown> {
    this.running = true;
    try {
      return await this.#work();
    } catch (error) {
      this.failure = { error };
      throw error;
    } finally {
      this.running = false;
    }
  }

  /** Shown in the events of the breaker. */
  toString(): string {
    return "an operation of a policy";
  }
}

const shared = new WeakSet<object>();

/**
 * Has the breaker run operations beside its own action: opossum applies `action` to the arguments of `fire`, whatever they
 * are. Returns a function that restores the action.
 *
 * @throws TypeError if the breaker runs the operations of another guard already
 */
export function shareAction(breaker: OpossumInternals): () => void {
  if (shared.has(breaker)) throw new TypeError("fromOpossum: the breaker is used by another guard already");
  shared.add(breaker);
  const { action } = breaker;
  const either = function either(this: unknown, ...args: unknown[]): unknown {
    const [first] = args;
    return first instanceof FiredOperation ? first.start() : action.apply(this, args);
  };
  breaker.action = either;
  return () => {
    shared.delete(breaker);
    if (breaker.action === either) breaker.action = action;
  };
}
