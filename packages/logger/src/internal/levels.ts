import type { LogLevel } from "../level.ts";
import type { Engine } from "./engine.ts";
import { floorKey, type Inside, levelKey } from "./inside.ts";
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

const noop = (): void => undefined;

/**
 * Replaces the log methods of this logger, and those of its children that are given a level, by methods that write through
 * the engine. Children without a level of their own inherit the methods, and with them every change of the level.
 *
 * At the level that the family was created with, destinations keep their own levels. At any other level, all destinations
 * take that level, so that a level that is set at run time is seen everywhere. Setting the first level again undoes that.
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
      throw new TypeError(`unknown level ${String(level)}; must be one of ${Object.keys(values).join(", ")}, silent`);
    const previous = this[levelKey];
    const isCreated = name === created.level;
    const least = isCreated ? LEVELS[created.lowest] : value;
    const enables = this[sym.compare] as (level: number, current: number) => boolean;
    this[levelKey] = name;
    this[sym.levelValue] = least;
    this[floorKey] = isCreated ? LEVELS[created.level] : EVERY_DESTINATION;
    for (const [key, own] of Object.entries(values)) this[key] = enables(own, least) ? methodOf(own) : noop;
    const before = previous ?? created.level;
    this.emit("level-change", name, value, before, values[before], this);
  };
  root[sym.getLevel] = function getLevel(this: Inside): unknown {
    return this[levelKey];
  };
  Object.defineProperty(root, "levelVal", {
    get(this: Inside) {
      return this.levels.values[this[levelKey] ?? created.level];
    },
  });
}

function makeMethod(engine: Engine, level: number): LogMethod {
  if (level < LEVELS.fatal)
    return function log(first, second, ...rest) {
      engine.log({ caller: this, level, first, second, rest });
    };
  return function log(first, second, ...rest) {
    engine.log({ caller: this, level, first, second, rest });
    engine.sink.flushSync(); // the process is likely to end
  };
}
