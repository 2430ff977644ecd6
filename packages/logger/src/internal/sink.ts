import type { Clock } from "@seaworthy/core";
import type { LineStream, Target } from "../destinations/destination.ts";
import { LEVELS } from "../level.ts";
import type { ConsoleWriter } from "./console/console-writer.ts";
import { OutputStatus, reasonOf } from "./output-status.ts";
import { METADATA, type MetadataStream } from "./pino.ts";
import { releaseStream, takeStream } from "./shared-transport.ts";

/** One place where lines go, and how. */
export interface Output {
  readonly target: Target;
  /** Makes the writer of lines for people, where people read them. */
  readonly console: ((target: { write(text: string): unknown }) => ConsoleWriter) | undefined;
}

/** Receives the lines of a family of loggers besides the outputs. */
export interface Follower {
  push(line: string, level: number): void;
  close(): void;
  /** The logger whose tail this is. */
  readonly owner: object;
}

interface Port {
  readonly least: number | undefined;
  write(line: string, level: number): void;
  readonly status: OutputStatus;
}

/** The floor of a logger whose level was set at run time: every destination takes its lines, except a silent one. */
export const EVERY_DESTINATION: number = Number.NEGATIVE_INFINITY;

// Streams that have a listener already: many loggers may share one.
const survived = new WeakSet<object>();

/** Hands each line to the outputs that want its level. What an output throws stays here. */
export class Sink {
  readonly outputs: readonly Output[];
  readonly followers: Set<Follower> = new Set();
  /** Whether what comes through `stream` has been written already. */
  isEcho = false;
  /** How the outputs are, and the logger itself, whose lines can be lost before they reach any output. */
  readonly statuses: readonly OutputStatus[];
  readonly #ports: readonly Port[];
  readonly #consoles: ConsoleWriter[] = [];
  #isClosed = false;
  readonly #self = new OutputStatus("logger");

  constructor(outputs: readonly Output[]) {
    this.outputs = outputs;
    this.#ports = outputs.map((output) => this.#port(output));
    this.statuses = [this.#self, ...this.#ports.map(({ status }) => status)];
  }

  /** Makes the destinations ready for writing. */
  open(clock: Clock): void {
    this.outputs.forEach(({ target }, i) => {
      const status = (this.#ports[i] as Port).status;
      target.destination?.open?.({
        clock,
        onLost: (reason, lines) => status.lost(reason, lines),
        onFailed: (reason) => status.failed(reason),
        onRecovered: () => status.recovered(),
      });
    });
  }

  /** The interface that pino wants of a stream. */
  readonly stream: { write(line: string): void; flushSync(): void } = {
    write: (line) => {
      if (!this.isEcho) this.write(line, levelOf(line), 0);
    },
    flushSync: () => this.flushSync(),
  };

  /** @param floor - the least level for outputs that have none of their own, or `EVERY_DESTINATION` */
  write(line: string, level: number, floor: number): void {
    for (const port of this.#ports) {
      if (floor === EVERY_DESTINATION ? port.least === LEVELS.silent : level < (port.least ?? floor)) continue;
      const { status } = port;
      try {
        port.write(line, level);
        if (status.isWatched) status.wrote();
      } catch (error) {
        status.threw(reasonOf(error));
      }
    }
    if (this.followers.size > 0) for (const follower of this.followers) follower.push(line, level);
  }

  /** Tells of a line that was lost before it reached an output. */
  lost(reason: string): void {
    this.#self.lost(reason);
  }

  flushSync(): void {
    this.#tellConsoles();
    for (const { target } of this.outputs) {
      try {
        (target.stream as { flushSync?: () => void }).flushSync?.();
      } catch {
        // A stream that is not open yet cannot be flushed; it flushes itself later.
      }
    }
  }

  async flush(): Promise<void> {
    this.#tellConsoles();
    await Promise.all(this.outputs.map(({ target }) => settled(flushTarget(target))));
  }

  async close(): Promise<void> {
    await this.flush();
    const streams = this.#isClosed ? [] : this.outputs.map(({ target }) => target.stream);
    this.#isClosed = true;
    await Promise.all([
      ...this.outputs.map(({ target }) => settled(target.destination?.close?.())),
      ...streams.map((stream) => settled(releaseStream(stream))),
    ]);
  }

  #tellConsoles(): void {
    for (const each of this.#consoles) {
      try {
        each.flush();
      } catch {
        // The line that follows tells of the failure.
      }
    }
  }

  #port({ target, console }: Output): Port {
    const { kind, stream, level } = target;
    const status = new OutputStatus(kind, target);
    takeStream(stream);
    if (kind === "stream") survive(stream, status);
    const people = console?.(stream);
    if (people !== undefined) this.#consoles.push(people);
    const write = writerOf(stream, people);
    return { least: level === undefined ? undefined : LEVELS[level], write, status };
  }
}

function writerOf(stream: LineStream, people: ConsoleWriter | undefined): Port["write"] {
  const write = people === undefined ? (line: string) => void stream.write(line) : people.write;
  const target = stream as MetadataStream;
  if (target[METADATA] !== true) return write;
  // pino.multistream takes no line whose level it was not told.
  return (line, level) => {
    target.lastLevel = level;
    write(line);
  };
}

// Without a listener, a stream's "error" ends the host.
function survive(stream: object, status: OutputStatus): void {
  const { on } = stream as { on?: (event: string, listener: (error: unknown) => void) => unknown };
  if (typeof on !== "function" || survived.has(stream)) return;
  survived.add(stream);
  on.call(stream, "error", (error) => status.threw(reasonOf(error)));
}

function flushTarget({ destination, stream }: Target): Promise<void> | undefined {
  if (destination !== undefined) return destination.flush?.();
  const { flush, writableLength } = stream as { flush?: (done: () => void) => void; writableLength?: number };
  if (typeof flush === "function" && flush.length > 0)
    return new Promise((resolve) => flush.call(stream, () => resolve()));
  if (typeof writableLength !== "number" || writableLength === 0) return undefined;
  return new Promise((resolve) => (stream as NodeJS.WritableStream).write("", () => resolve()));
}

async function settled(work: Promise<void> | undefined): Promise<void> {
  try {
    await work;
  } catch {
    // The destination has told of its failure itself.
  }
}

function levelOf(line: string): number {
  return Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? LEVELS.info);
}
