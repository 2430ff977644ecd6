import type { EventEmitter } from "node:events";
import { LEVELS } from "../level.ts";
import { type Engine, floorKey, type Inside } from "./engine.ts";
import { sym } from "./pino.ts";

type LogMethod = (this: unknown, first?: unknown, second?: unknown, ...rest: unknown[]) => void;

const noop = (): void => undefined;

/**
 * Makes this logger's level methods, and those that its children get with a level of their own, write through the
 * engine. Children without a level of their own inherit the methods, and so every change of the level.
 */
export function replaceLevels(root: Inside, engine: Engine): void {
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
    const previous = this[sym.levelValue] as number;
    const enables = this[sym.compare] as (level: number, current: number) => boolean;
    this[sym.levelValue] = value;
    this[floorKey] = 0;
    for (const key of Object.keys(values)) {
      const own = values[key] as number;
      this[key] = enables(own, value) ? methodOf(own) : noop;
    }
    (this as unknown as EventEmitter).emit("level-change", name, value, labels[previous], previous, this);
  };
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
