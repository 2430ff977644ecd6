import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Command } from "./cluster-rig.ts";

/** What the primary says. */
interface Said {
  readonly port?: number;
  readonly scraped?: string;
  readonly done?: string;
  readonly worker?: number;
}

/** A real cluster in processes of its own. */
export class ClusterRig implements Disposable {
  readonly port: number;
  readonly #primary: ChildProcess;

  private constructor(primary: ChildProcess, port: number) {
    this.#primary = primary;
    this.port = port;
  }

  static async start(): Promise<ClusterRig> {
    const primary = fork(join(import.meta.dirname, "cluster-rig.ts"), {
      execArgv: ["--conditions=@seaworthy/source"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const { port } = await until(primary, (said) => said.port !== undefined);
    return new ClusterRig(primary, port as number);
  }

  /** Has something done and waits for it. Gives the id of the worker that was started. */
  async do(command: Command): Promise<number> {
    const done = until(this.#primary, (said) => said.done === command.do);
    this.#primary.send(command);
    return (await done).worker as number;
  }

  /** The value of a series at a scrape by this test. */
  async read(series: string): Promise<number> {
    const body = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    return Number(
      body
        .split("\n")
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length),
    );
  }

  /** Waits until Prometheus has scraped so often from now on. */
  async scraped(times: number): Promise<void> {
    for (let i = 0; i < times; i++)
      await until(this.#primary, (said) => said.scraped?.startsWith("Prometheus") === true);
  }

  [Symbol.dispose](): void {
    this.#primary.disconnect();
  }
}

function until(child: ChildProcess, fits: (said: Said) => boolean): Promise<Said> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error("the primary has ended"));
    const onMessage = (said: Said): void => {
      if (!fits(said)) return;
      child.off("message", onMessage);
      child.off("exit", onExit);
      resolve(said);
    };
    child.on("message", onMessage);
    child.once("exit", onExit);
  });
}
