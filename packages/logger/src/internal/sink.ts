import type { Target } from "../destinations/destination.ts";
import { LEVELS } from "../level.ts";
import { lineLost } from "../telemetry.ts";

/** One place where lines go, and how. */
export interface Output {
  readonly target: Target;
  /** Makes the line fit for people, where people read it. */
  readonly format: ((line: string) => string) | undefined;
}

/** Receives the lines of a family of loggers besides the outputs. */
export interface Follower {
  push(line: string, level: number): void;
  close(): void;
}

interface Port {
  readonly least: number | undefined;
  write(line: string): void;
  readonly kind: string;
}

// Streams that have a listener already: many loggers may share one.
const survived = new WeakSet<object>();

/** Hands each line to the outputs that want its level. What an output throws stays here. */
export class Sink {
  readonly outputs: readonly Output[];
  readonly followers: Set<Follower> = new Set();
  readonly #ports: readonly Port[];
  readonly #warned = new Set<string>();

  constructor(outputs: readonly Output[]) {
    this.outputs = outputs;
    this.#ports = outputs.map((output) => this.#port(output));
  }

  /** The interface that pino wants of a stream. */
  readonly stream: { write(line: string): void; flushSync(): void } = {
    write: (line) => this.write(line, levelOf(line), 0),
    flushSync: () => this.flushSync(),
  };

  /** @param floor - the least level for outputs that have none of their own */
  write(line: string, level: number, floor: number): void {
    for (const port of this.#ports) {
      if (level < (port.least ?? floor)) continue;
      try {
        port.write(line);
      } catch (error) {
        this.lost(reasonOf(error), port.kind);
      }
    }
    if (this.followers.size > 0) for (const follower of this.followers) follower.push(line, level);
  }

  /** Tells of a line that no longer can be written: each as an event, the first of each kind as a warning too. */
  lost(reason: string, kind = "logger"): void {
    try {
      if (lineLost.active) lineLost.emit({ destination: kind, reason });
      const key = `${kind}:${reason}`;
      if (this.#warned.has(key) || this.#warned.size > 20) return;
      this.#warned.add(key);
      process.emitWarning(
        `A log line could not be written (${kind}: ${reason}); later ones are counted as events only.`,
        {
          code: "LOGGER_LINE_LOST",
        },
      );
    } catch {
      // Nobody is left to be told.
    }
  }

  flushSync(): void {
    for (const { target } of this.outputs) {
      try {
        (target.stream as { flushSync?: () => void }).flushSync?.();
      } catch {
        // A stream that is not open yet cannot be flushed; it flushes itself later.
      }
    }
  }

  async flush(): Promise<void> {
    await Promise.all(this.outputs.map(({ target }) => settled(flushTarget(target))));
  }

  async close(): Promise<void> {
    await this.flush();
    await Promise.all(this.outputs.map(({ target }) => settled(target.destination?.close?.())));
  }

  #port({ target, format }: Output): Port {
    const { kind, stream, level } = target;
    if (kind === "stream") this.#survive(stream);
    const write =
      format === undefined
        ? (line: string) => void stream.write(line)
        : (line: string) => void stream.write(format(line));
    return { least: level === undefined ? undefined : LEVELS[level], write, kind };
  }

  // Without a listener, a stream's "error" ends the host.
  #survive(stream: object): void {
    const { on } = stream as { on?: (event: string, listener: (error: unknown) => void) => unknown };
    if (typeof on !== "function" || survived.has(stream)) return;
    survived.add(stream);
    on.call(stream, "error", (error) => this.lost(reasonOf(error), "stream"));
  }
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

/** A word for what went wrong, fit for a label. */
export function reasonOf(error: unknown): string {
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : "error";
}
