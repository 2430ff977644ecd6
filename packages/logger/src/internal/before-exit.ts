/**
 * Tasks for the exit of the process. There is one listener of the process for all tasks, and only while there are tasks.
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
