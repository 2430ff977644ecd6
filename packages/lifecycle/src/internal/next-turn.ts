/** Waits for one turn of the event loop, in which the platform hands over connections that are already complete. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
