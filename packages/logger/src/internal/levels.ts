import type { EventEmitter } from "node:events";
import type { LogLevel } from "../level.ts";
import { type Engine, floorKey, type Inside } from "./engine.ts";
import { LEVELS } from "./level-numbers.ts";
import { EVERY_DESTINATION } from "./outlet.ts";
import { sym } from "./pino.ts";

type LogMethod = (this: unknown, first?: unknown, second?: unknown, ...rest: unknown[]) => void;

/** The levels that a family of loggers was created with. */
export interface CreatedLevels {
  /** The level of the logger, and of every destination without a level of its own. */
  readonly level: LogLevel;
  /** The lowest level that any destination takes. */
  readonly lowest: LogLevel;
}

// The name of the level that was asked for; children inherit it until they have their own.
const askedKey: unique symbol = Symbol("seaworthy.logger.asked");
const noop = (): void => undefined;

/**
 * Makes this logger's level methods, and those that its children get with a level of their own, write through the
 * engine. Children without a level of their own inherit the methods, and so every change of the level.
 *
 * At the level that the family was created with, destinations keep their own levels. At any other level, all
 * destinations take that level, so that a level set at run time is seen everywhere. To set the first level again
 * undoes that.
 */
export function replaceLevels(root: Inside, engine: Engine, created: CreatedLevels): void {
  const methods = new Map<number, LogMethod>();
  const methodOf = (level: number): LogMethod => {
    const known = methods.get(level);
    if (known !== undefined) return known;
    const made = makeMethod(engine, level);
    methods.set(level, made);
    return made;
  };
  root[sym.setLevel] = function setLevel(this: Inside, level: string | number): void {
    const { labels, values } = this.levels;
    const name = typeof level === "number" ? labels[level] : level;
    const value = name === undefined ? undefined : values[name];
    if (value === undefined)
      throw new TypeError(`unknown level ${String(level)}; there are ${Object.keys(values).join(", ")}, silent`);
    const previous = this[askedKey] as string | undefined;
    const isCreated = name === created.level;
    const least = isCreated ? LEVELS[created.lowest] : value;
    const enables = this[sym.compare] as (level: number, current: number) => boolean;
    this[askedKey] = name;
    this[sym.levelValue] = least;
    this[floorKey] = isCreated ? LEVELS[created.level] : EVERY_DESTINATION;
    for (const key of Object.keys(values)) {
      const own = values[key] as number;
      this[key] = enables(own, least) ? methodOf(own) : noop;
    }
    const before = previous ?? created.level;
    (this as unknown as EventEmitter).emit("level-change", name, value, before, values[before], this);
  };
  root[sym.getLevel] = function getLevel(this: Inside): unknown {
    return this[askedKey];
  };
  Object.defineProperty(root, "levelVal", {
    get(this: Inside) {
      return this.levels.values[this[askedKey] as string];
    },
  });
}

function makeMethod(engine: Engine, level: number): LogMethod {
  if (level < LEVELS.fatal)
    return function log(first, second, ...rest) {
      engine.log(this, level, first, second, rest);
    };
  return function log(first, second, ...rest) {
    engine.log(this, level, first, second, rest);
    engine.sink.flushSync(); // the process is likely to end
  };
}
