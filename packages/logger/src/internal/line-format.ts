import type { Clock } from "@seaworthy/core";
import type { CallerFact } from "./caller-facts.ts";
import { quote } from "./json-text.ts";
import { LEVELS } from "./level-numbers.ts";
import { createTimestamp } from "./timestamp.ts";

/** How a level is written. */
export type LevelStyle = "number" | "name" | "upper" | ((level: number, name: string) => string | number);

/** How the time is written: ISO 8601 in UTC with six fractional digits, or since 1970 in milliseconds or nanoseconds. */
export type TimeStyle = "iso" | "epoch" | "epochNanoseconds";

/** Names that the logger itself writes at the top of a line. A field of the same name gets an underscore. */
export interface ReservedNames {
  readonly always: ReadonlySet<string>;
  readonly sometimes: ReadonlySet<string>;
}

/** The shape of a line, with all defaults. */
export interface LineFormat {
  readonly level: LevelStyle;
  readonly levelKey: string;
  /** A second member for the level, such as a number beside a word. */
  readonly levelNumber: { readonly key: string; readonly of: (level: number) => number } | undefined;
  readonly time: TimeStyle;
  readonly timeKey: string;
  readonly messageKey: string;
  readonly errorKey: string;
  /** New names for members of the error under `errorKey`. A name that begins with a dot is at the top of the line. */
  readonly errorNames: Readonly<Record<string, string>>;
  /** Members of every line, after the time. */
  readonly base: Readonly<Record<string, unknown>>;
  /** Names of the ids of the context. */
  readonly idKeys: { readonly correlationId: string; readonly traceId: string; readonly spanId: string };
  /** Names of facts about the caller. */
  readonly callerKeys: Readonly<Record<CallerFact, string>>;
  /** The facts about the caller that are written. */
  readonly caller: readonly CallerFact[];
  /** Return the ids of the trace in the form in which they are written. */
  readonly traceId: (id: string) => string;
  readonly spanId: (id: string) => string;
  /** The name of the object with bindings and fields; `undefined` if they are at the top of the line. */
  readonly fieldsKey: string | undefined;
}

/** The names that a field cannot have. */
export function reservedOf(format: LineFormat): ReservedNames {
  const { levelKey, levelNumber, timeKey, messageKey, base, idKeys, caller, callerKeys, fieldsKey } = format;
  const sometimes = new Set(["suppressed", idKeys.correlationId, ...caller.map((fact) => callerKeys[fact])]);
  if (fieldsKey !== undefined) return { always: new Set(), sometimes };
  const always = new Set([levelKey, timeKey, messageKey, ...Object.keys(base)]);
  if (levelNumber !== undefined) always.add(levelNumber.key);
  return { always, sometimes: sometimes.add(idKeys.traceId).add(idKeys.spanId) };
}

const NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(LEVELS).map(([name, level]) => [level, name]),
);

/** Returns the name of a level. For a custom level, it is the name of the nearest level below. */
export function nameOf(level: number): string {
  const standard = Math.min(60, Math.max(10, Math.floor(level / 10) * 10));
  return NAMES[standard] ?? "info";
}

/** Returns the start of a line of this level. */
export function startOf(format: LineFormat, level: number, label: string | undefined): string {
  const second = format.levelNumber;
  const more = second === undefined ? "" : `,${quote(second.key)}:${second.of(level)}`;
  return `{${quote(format.levelKey)}:${levelJson(format.level, level, label ?? nameOf(level))}${more}`;
}

function levelJson(style: LevelStyle, level: number, name: string): string {
  if (style === "number") return String(level);
  if (style === "name") return quote(name);
  if (style === "upper") return quote(name.toUpperCase());
  try {
    const given: unknown = style(level, name);
    if (typeof given === "number" && Number.isFinite(given)) return String(given);
    return quote(typeof given === "string" ? given : name);
  } catch {
    return quote(name); // the function of the host threw, and the line needs a level
  }
}

/** Returns a function that returns the time as JSON in this style. It never throws. */
export function createTime(style: TimeStyle, clock: Clock): () => string {
  if (style === "iso") {
    const timestamp = createTimestamp(clock);
    return () => `"${timestamp()}"`;
  }
  const now = (): number => {
    try {
      return clock.now();
    } catch {
      return Date.now();
    }
  };
  // A JSON number cannot hold nanoseconds exactly.
  return style === "epoch" ? () => `${Math.floor(now())}` : () => `"${Math.floor(now())}000000"`;
}
