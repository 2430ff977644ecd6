import { failureCode } from "./failure.ts";

/** Listeners of one kind of event. One that throws or rejects never reaches the caller; the first failure of each is a process warning. */
export class Listeners<T> {
  readonly #tell = new Set<(event: T) => void>();

  /** Adds one; the function returned takes it out again. */
  add(listener: (event: T) => unknown): () => void {
    let reported = false;
    const report = (thrown: unknown): void => {
      if (reported) return;
      reported = true;
      const reason = failureCode(thrown);
      process.emitWarning(`A health listener failed (${reason}); later failures of it are not reported.`, {
        code: "HEALTH_LISTENER",
      });
    };
    const tell = (event: T): void => {
      try {
        const result = listener(event);
        if (result instanceof Promise) result.catch(report);
      } catch (thrown) {
        report(thrown);
      }
    };
    this.#tell.add(tell);
    return () => void this.#tell.delete(tell);
  }

  tell(event: T): void {
    for (const tell of [...this.#tell]) tell(event);
  }
}
