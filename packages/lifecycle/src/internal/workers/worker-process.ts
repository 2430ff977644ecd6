import cluster, { type Worker } from "node:cluster";
import { type Clock, startTimer } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import type { WorkerStatus } from "../../workers.ts";
import { isReadyMessage, PLACE, type StopRequest, stopMessage } from "./messages.ts";

/** How a worker process ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Milliseconds since it was created. */
  readonly lived: number;
  /** Whether it was killed because a limit had passed. */
  readonly killed: boolean;
  /** Whether it had been requested to stop. */
  readonly requested: boolean;
  /** Why it could not be created. */
  readonly error?: unknown;
}

/** One worker process, as seen by the primary. */
export class WorkerProcess {
  readonly place: number;
  /** Resolves with the milliseconds until the worker was ready, or with `undefined` if it ended before. */
  readonly ready: Promise<number | undefined>;
  readonly ended: Promise<WorkerEnd>;
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #began: number;
  #state: WorkerStatus["state"] = "starting";
  #killed = false;
  /** Whether it was requested to stop before it was ready. */
  #interrupted = false;

  constructor(place: number, clock: Clock, startTimeout: number) {
    this.place = place;
    this.#clock = clock;
    this.#began = clock.monotonic();
    this.#worker = cluster.fork({ [PLACE]: String(place) });
    const ready = Promise.withResolvers<number | undefined>();
    const ended = Promise.withResolvers<WorkerEnd>();
    this.ready = ready.promise;
    this.ended = ended.promise;
    const cancel = startTimer(clock, startTimeout, () => this.kill(), { keepAlive: true });
    const end = (code: number | null, signal: string | null, error?: unknown): void => {
      cancel();
      ready.resolve(undefined);
      ended.resolve(this.#endOf(code, signal, error));
    };
    this.#worker.on("message", (message: unknown) => {
      if (!isReadyMessage(message) || this.#state !== "starting") return;
      cancel();
      this.#state = "ready";
      ready.resolve(this.age());
    });
    this.#worker.on("exit", (code: number | null, signal: string | null) => end(code, signal));
    // Without a listener, a process that cannot be created would end the primary. It has no 'exit' event.
    this.#worker.on("error", (error) => {
      if (this.pid === undefined) end(null, null, error);
    });
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  get state(): WorkerStatus["state"] {
    return this.#state;
  }

  get name(): string {
    return `worker ${this.place} (process ${this.pid ?? "not created"})`;
  }

  /** Whether the worker ended as requested, with nothing lost. */
  isClean({ code, signal, killed }: WorkerEnd): boolean {
    if (killed) return false;
    // A worker that was still loading its modules has no lifecycle yet, and nothing to drain.
    return code === 0 || (this.#interrupted && signal === "SIGTERM");
  }

  /** Requests the worker to stop, and kills it after `limit` milliseconds. */
  async stop(request: StopRequest, limit: number): Promise<WorkerEnd> {
    if (this.#state === "starting") this.#interrupted = true;
    this.#state = "stopping";
    // A message, and not a signal: service managers and terminals send a signal to the workers as well, and a second
    // signal would end a worker at once.
    const signal = (): void => void this.#worker.process.kill("SIGTERM");
    if (this.#worker.isConnected())
      this.#worker.send(stopMessage(request), undefined, {}, (error) => error !== null && signal());
    else signal();
    const cancel = startTimer(this.#clock, limit, () => this.kill(), { keepAlive: true });
    const end = await this.ended;
    cancel();
    return end;
  }

  kill(): void {
    this.#killed = true;
    this.#worker.process.kill("SIGKILL");
  }

  /** Milliseconds since the process was created. */
  age(): number {
    return this.#clock.monotonic() - this.#began;
  }

  #endOf(code: number | null, signal: string | null, error: unknown): WorkerEnd {
    const requested = this.#state === "stopping";
    return {
      code,
      signal,
      lived: this.age(),
      killed: this.#killed,
      requested,
      ...withoutUndefined({ error }),
    };
  }
}

/** How a worker ended, in words. */
export function describeEnd({ code, signal, killed, requested, error }: WorkerEnd): string {
  if (error !== undefined) return `could not be created: ${error instanceof Error ? error.message : String(error)}`;
  if (killed)
    return requested ? "was killed, because it did not end in time" : "was killed, because it was not ready in time";
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}
