import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer, Order } from "./vitest-worker.ts";

/** How often a mutant may be reached. A mutant that goes on is an endless loop, and StrykerJS's switch throws. */
const HIT_LIMIT = 2_000_000;

/** Runs one test file after another, in a process that is replaced if it does not answer. */
export class Runner {
  readonly #sandbox: string;
  readonly #root: string;
  readonly #bail: number;
  #child: ChildProcess | undefined;

  constructor(root: string, sandbox: string, bail: number) {
    this.#root = root;
    this.#sandbox = sandbox;
    this.#bail = bail;
  }

  /** Chooses the mutant that is on from now on. Without one, the mutants that tests reach are appended to a file. */
  switch(state: { readonly mutant: string } | { readonly coverage: string }): void {
    writeFileSync(join(this.#sandbox, "state.json"), JSON.stringify({ ...state, hitLimit: HIT_LIMIT }));
  }

  /** The result of a test file, or `undefined` if there is none after `limit` milliseconds. */
  async run(order: Order, limit: number): Promise<Answer | undefined> {
    this.#child ??= await this.#start();
    const child = this.#child;
    const answer = await new Promise<Answer | undefined>((resolve) => {
      const timer = setTimeout(resolve, limit, undefined);
      const end = (found?: Answer): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(found);
      };
      child.once("message", (found: Answer) => end(found));
      child.once("exit", () => end());
      child.send(order);
    });
    if (answer === undefined) this.close();
    return answer;
  }

  close(): void {
    const pid = this.#child?.pid;
    this.#child = undefined;
    try {
      // The whole process group: the workers of vitest, and what tests have started.
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(
      join(import.meta.dirname, "vitest-worker.ts"),
      [join(this.#sandbox, "mutation.config.ts"), String(this.#bail)],
      {
        cwd: this.#root,
        detached: true,
        stdio: ["ignore", "ignore", "inherit", "ipc"],
        env: {
          ...process.env,
          SEAWORTHY_MUTATION_STATE: join(this.#sandbox, "state.json"),
          NODE_OPTIONS: `--import=${join(import.meta.dirname, "probe.mjs")}`,
        },
      },
    );
    await once(child, "message");
    return child;
  }
}
