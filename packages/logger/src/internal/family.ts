import type { Clock, Context } from "@seaworthy/core";
import type { LogLevel } from "../level.ts";
import type { Logger, ObserveOptions } from "../logger.ts";
import type { LimitedOptions, SampleOptions } from "../suppress.ts";
import type { TailFilter, TailOptions } from "../tail.ts";
import { NO_BINDINGS } from "./bindings.ts";
import { createChild } from "./child.ts";
import { Engine } from "./engine.ts";
import { type Inside, isInside, stateKey } from "./inside.ts";
import { JsonWriter } from "./json-writer.ts";
import { KeyTable } from "./key-table.ts";
import { replaceLevels } from "./levels.ts";
import { createTime, type LineFormat, reservedOf } from "./line-format.ts";
import { baseText } from "./line-maker.ts";
import { createTail } from "./line-tail.ts";
import { observeTelemetry } from "./observe-telemetry.ts";
import { createPino, sym } from "./pino.ts";
import { healthOf } from "./read-health.ts";
import type { Limits } from "./read-limits.ts";
import type { Redactor } from "./redactor.ts";
import { readOperation, runOperation } from "./run-operation.ts";
import type { Sink } from "./sink.ts";
import { Suppression } from "./suppression.ts";

/** The checked options of a family of loggers. */
export interface FamilyOptions {
  readonly format: LineFormat;
  /** The level of the logger. */
  readonly level: LogLevel;
  /** The lowest level that any destination takes. */
  readonly lowest: LogLevel;
  readonly context: boolean | ((context: Context) => object | undefined);
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits: Limits;
  readonly redactor: Redactor;
  readonly sink: Sink;
}

/** A pino logger that writes through an {@link Engine}, and its further methods. Its children inherit both. */
export function createFamily(options: FamilyOptions): Logger {
  const { format, level, lowest, limits, redactor, sink } = options;
  const timestamp = createTime(format.time, options.clock);
  const logger = createPino({ level: lowest, format, stream: sink.stream });
  const base = baseText(format, limits, redactor);
  const root = insideOf(logger, base);
  const writer = new JsonWriter(limits, new KeyTable(redactor, reservedOf(format)));
  const engine = new Engine({ root, base, sink, timestamp, format, context: options.context });
  root[stateKey] = { bindings: NO_BINDINGS, writer, redactor, gate: undefined };
  replaceLevels(root, engine, { level, lowest });
  root.level = level;
  Object.assign(root, {
    child: createChild(root, engine),
    setBindings(this: Inside, fields: object) {
      const state = this[stateKey];
      const bindings = engine.bind(this, fields, state.writer);
      this[stateKey] = { ...state, bindings };
      this[sym.bindings] = engine.bindingsText(bindings);
    },
    ...createMethods(options, engine, root),
  });
  return logger as Logger;
}

/** Shows the members of a pino logger under pino's symbols, and of this package under its own. */
function insideOf(logger: object, base: string): Inside {
  return Object.assign(logger, { [sym.bindings]: base }) as Inside;
}

function createMethods({ format, clock, random, sink }: FamilyOptions, engine: Engine, root: Inside): object {
  const suppression = new Suppression(engine, clock, random);
  const observers = new Map<() => void, object>();
  // A method that is called without its logger belongs to the root.
  const loggerOf = (value: unknown): object => (isInside(value) ? value : root);
  async function close(this: unknown): Promise<void> {
    const logger = loggerOf(this);
    const isOwn = (owner: object): boolean => owner === logger || Object.prototype.isPrototypeOf.call(logger, owner);
    for (const [end, owner] of [...observers]) if (isOwn(owner)) end();
    suppression.report(isOwn);
    await (logger === root ? sink.close() : sink.flush());
    for (const follower of [...sink.followers]) if (isOwn(follower.owner)) follower.close();
  }
  return {
    operation(this: Logger, name: string, ...args: unknown[]) {
      return runOperation(this, readOperation(name, args), clock);
    },
    observe(this: Logger, options?: ObserveOptions) {
      const stop = observeTelemetry(this, options);
      const end = (): void => {
        observers.delete(end);
        stop();
      };
      observers.set(end, this);
      return end;
    },
    tail(this: unknown, filter?: TailFilter, options?: TailOptions) {
      return createTail({ followers: sink.followers, owner: loggerOf(this), format }, filter, options);
    },
    sampled(this: Inside, options: SampleOptions) {
      return suppression.sampled(this, options);
    },
    limited(this: Inside, options: LimitedOptions) {
      return suppression.limited(this, options);
    },
    // It does not use "this", so that it can be passed to the health package as a check.
    health: () => healthOf(sink.statuses),
    flush(done?: (error?: Error) => void) {
      suppression.report();
      void sink.flush().then(() => done?.());
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
