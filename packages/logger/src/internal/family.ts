import type { Clock, Context } from "@seaworthy/core";
import { LEVELS, type LogLevel } from "../level.ts";
import type { Limits } from "../limits.ts";
import type { Logger } from "../logger.ts";
import { observeTelemetry } from "../observe.ts";
import { readOperation, runOperation } from "../operation.ts";
import type { Redactor } from "../redact.ts";
import type { LimitedOptions, SampleOptions } from "../suppress.ts";
import { createTail, type TailFilter, type TailOptions } from "../tail.ts";
import { NO_BINDINGS } from "./bindings.ts";
import { createChild } from "./child.ts";
import { Engine, floorKey, type Inside, stateKey } from "./engine.ts";
import { JsonWriter } from "./json-writer.ts";
import { KeyTable } from "./key-table.ts";
import { replaceLevels } from "./levels.ts";
import { createPino, sym } from "./pino.ts";
import type { Sink } from "./sink.ts";
import { Suppression } from "./suppression.ts";
import { createTimestamp } from "./timestamp.ts";

/** What a family of loggers is made of, checked. */
export interface FamilyOptions {
  readonly name: string | undefined;
  /** The level asked for. */
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
  const { name, level, lowest, limits, redactor, sink } = options;
  const timestamp = createTimestamp(options.clock);
  const logger = createPino({ name, level: lowest, timestamp, stream: sink.stream });
  const root = logger as unknown as Inside;
  const writer = new JsonWriter(limits, new KeyTable(redactor.hides, name !== undefined));
  const engine = new Engine({ root, sink, timestamp, context: options.context });
  root[stateKey] = { bindings: NO_BINDINGS, writer, redactor, gate: undefined };
  replaceLevels(root, engine);
  root.level = lowest;
  root[floorKey] = lowest === level ? 0 : LEVELS[level];
  Object.assign(root, {
    child: createChild(root, engine),
    setBindings(this: Inside, fields: object) {
      const state = this[stateKey];
      const bindings = engine.bind(this, fields, state.writer);
      this[stateKey] = { ...state, bindings };
      this[sym.bindings] = engine.bindingsText(bindings);
    },
    ...createMethods(options, engine),
  });
  return logger as Logger;
}

function createMethods({ clock, random, sink }: FamilyOptions, engine: Engine): object {
  const suppression = new Suppression(engine, clock, random);
  const ends = new Set<() => void>();
  const close = async (): Promise<void> => {
    for (const end of [...ends]) end();
    suppression.tell();
    await sink.close();
    for (const follower of [...sink.followers]) follower.close();
  };
  return {
    operation(this: Logger, name: string, ...args: unknown[]) {
      return runOperation(this, readOperation(name, args), clock);
    },
    observe(this: Logger) {
      const stop = observeTelemetry(this);
      const end = (): void => {
        ends.delete(end);
        stop();
      };
      ends.add(end);
      return end;
    },
    tail: (filter?: TailFilter, options?: TailOptions) => createTail(sink.followers, filter, options),
    sampled(this: Inside, options: SampleOptions) {
      return suppression.sampled(this, options);
    },
    limited(this: Inside, options: LimitedOptions) {
      return suppression.limited(this, options);
    },
    flush(done?: (error?: Error) => void) {
      suppression.tell();
      void sink.flush().then(() => done?.());
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
