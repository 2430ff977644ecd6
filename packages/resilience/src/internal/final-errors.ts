const final = new WeakSet<object>();

/** Notes that no retry follows this error. */
export function markFinal<E extends object>(error: E): E {
  final.add(error);
  return error;
}

/** Whether the error was given to {@link markFinal}. */
export function isFinalError(error: unknown): boolean {
  return typeof error === "object" && error !== null && final.has(error);
}
