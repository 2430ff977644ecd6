import { setTimeout as pause } from "node:timers/promises";
import { exchange } from "../drive/exchange.ts";
import { errors } from "../errors.ts";
import type { CheckedOptions } from "../internal/check-options.ts";
import { type Discovery, discover } from "./discover.ts";
import { findPort, isOpen } from "./find-port.ts";
import { freePort } from "./free-port.ts";
import { type OutputLine, TargetProcess } from "./process.ts";

/** A service that answers. */
export interface Instance {
  readonly origin: URL;
  readonly found: Discovery;
  /** Milliseconds from the start of the process until it was ready; `undefined` for a service that was there already. */
  readonly readyAfter: number | undefined;
}

/** An instance whose process the survey started. */
export interface OwnInstance extends Instance {
  readonly process: TargetProcess;
  readonly readyAfter: number;
}

/** Changes of the environment for one start. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Variables that are not given. */
  readonly without?: readonly string[];
}

const POLL = 20;
const PATIENCE = 3;
const LAST_LINES = 12;

/** The service under survey. One process of it runs at a time, because two may want the same port, file or lock. */
export class Target {
  readonly #options: CheckedOptions;
  readonly #dependencies: Readonly<Record<string, string>>;
  readonly #redact: (text: string) => string;
  readonly #outputs: (readonly OutputLine[])[] = [];
  #current: Instance | undefined;
  #process: TargetProcess | undefined;
  #found: Discovery | undefined;

  /**
   * @param dependencies - URLs of the proxies by variable
   * @param redact - removes secrets from a text
   */
  constructor(
    options: CheckedOptions,
    dependencies: Readonly<Record<string, string>>,
    redact: (text: string) => string,
  ) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#redact = redact;
  }

  /** Lines of every process so far. */
  get allLines(): readonly OutputLine[] {
    return this.#outputs.flat();
  }

  /** The running service, started if it does not run. */
  async instance(): Promise<Instance> {
    const { attach } = this.#options;
    if (attach !== undefined) {
      this.#current ??= { origin: attach, found: await this.#discovery(attach), readyAfter: undefined };
      return this.#current;
    }
    const isRunning = this.#process !== undefined && this.#process.exit === undefined;
    return isRunning && this.#current !== undefined ? this.#current : this.fresh();
  }

  /**
   * Stops what runs, and starts the service anew.
   *
   * @throws SURVEY_START_FAILED if it ends, or is not ready within three times `thresholds.start`
   */
  async fresh(options: StartOptions = {}): Promise<OwnInstance> {
    const { process, port } = await this.start(options);
    const own = await this.#ready(process, port);
    this.#current = own;
    return own;
  }

  /** Starts the service without waiting until it is ready. */
  async start({ env = {}, without = [] }: StartOptions = {}): Promise<{ process: TargetProcess; port: number }> {
    await this.stop();
    const { command = [], cwd, env: given } = this.#options;
    const port = this.#options.port ?? (await freePort());
    const all: Record<string, string> = { ...inherited(), PORT: String(port), ...given, ...this.#dependencies, ...env };
    for (const name of without) delete all[name];
    const process = await TargetProcess.start({ command, cwd, env: all });
    this.#process = process;
    this.#outputs.push(process.lines);
    return { process, port };
  }

  /** Ends the process of the survey, if there is one, at once. */
  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process !== undefined) {
      this.#current = undefined;
      await process.kill();
    }
  }

  /** Waits until a process answers. */
  async #ready(process: TargetProcess, assigned: number): Promise<OwnInstance> {
    // A service that starts too slowly can be surveyed all the same.
    const patience = this.#options.thresholds.start * PATIENCE;
    const until = process.startedAt + patience;
    while (Date.now() < until && process.exit === undefined) {
      const hints = { assigned, group: process.pid, lines: process.lines };
      const port = this.#options.port ?? (await findPort(hints));
      if (port !== undefined && (await isOpen(port))) {
        const origin = new URL(`http://127.0.0.1:${port}`);
        if (await this.#answers(origin)) {
          const readyAfter = Date.now() - process.startedAt;
          return { origin, process, readyAfter, found: await this.#discovery(origin) };
        }
      }
      await pause(POLL, undefined, { signal: this.#options.signal });
    }
    const lines = process.lines.slice(-LAST_LINES).map(({ text }) => text);
    const { exit } = process;
    const reason =
      exit === undefined
        ? `it was not ready within ${patience} ms`
        : `it ended with ${exit.signal ?? `code ${exit.code}`}`;
    await this.stop();
    throw errors.SURVEY_START_FAILED({ reason, output: this.#redact(lines.join("\n")) });
  }

  async #answers(origin: URL): Promise<boolean> {
    const path = this.#found?.ready ?? this.#options.probes.ready;
    const { status, loss } = await exchange(origin, { path: path ?? "/", timeout: 2000 });
    if (loss !== undefined || status === undefined) return false;
    return path === undefined || (status >= 200 && status < 300);
  }

  async #discovery(origin: URL): Promise<Discovery> {
    this.#found ??= await discover(origin, this.#options.probes, this.#options.routes);
    return this.#found;
  }
}

function inherited(): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) all[name] = value;
  return all;
}
