/** For whom guards are created. */
export interface CreationScope {
  /** Whether there may be very many of them, so that each has to be small. */
  readonly keyed: boolean;
  /** Whether they show their state in gauges. */
  readonly gauges: boolean;
}

let current: CreationScope = { keyed: false, gauges: true };

/** The scope in which guards are created at the moment. */
export function creationScope(): CreationScope {
  return current;
}

/** Runs `create` in a scope, and returns what it returns. */
export function createWithin<T>(scope: CreationScope, create: () => T): T {
  const outer = current;
  current = scope;
  try {
    return create();
  } finally {
    current = outer;
  }
}
