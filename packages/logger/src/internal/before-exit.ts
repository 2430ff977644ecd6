/**
 * What is done when the process exits: one listener of the process for all files, and only while something has to be
 * done.
 */
class BeforeExit {
  readonly #tasks = new Set<() => void>();

  add(task: () => void): void {
    if (this.#tasks.size === 0) process.once("exit", this.#run);
    this.#tasks.add(task);
  }

  delete(task: () => void): void {
    if (this.#tasks.delete(task) && this.#tasks.size === 0) process.removeListener("exit", this.#run);
  }

  readonly #run = (): void => {
    for (const task of [...this.#tasks]) task();
  };
}

/** The tasks of this process. */
export const beforeExit: BeforeExit = new BeforeExit();
