import { type Logger as PinoLogger, pino } from "pino";
import type { LineFormat, TimeStyle } from "./line-format.ts";

/** A pino logger seen from inside: the members under pino's symbols that this package reads or replaces. */
export interface PinoInside {
  [member: symbol]: unknown;
  [member: string]: unknown;
  level: string;
  levels: { values: Record<string, number>; labels: Record<number, string> };
  msgPrefix: string | undefined;
  onChild(child: unknown): void;
  isLevelEnabled(level: string): boolean;
  child(bindings: object, options?: object): PinoInside;
}

// pino's type declarations name some of its symbols only; the object has all of them.
const symbols = pino.symbols as unknown as Readonly<Record<string, symbol>>;

/** pino's symbols that this package uses. */
export const sym: Readonly<Record<PinoSymbol, symbol>> = {
  bindings: symbols.chindingsSym as symbol,
  compare: symbols.levelCompSym as symbol,
  formatters: symbols.formattersSym as symbol,
  getLevel: symbols.getLevelSym as symbol,
  levelValue: symbols.levelValSym as symbol,
  levelStarts: symbols.lsCacheSym as symbol,
  mixin: symbols.mixinSym as symbol,
  prefix: symbols.msgPrefixSym as symbol,
  serializers: symbols.serializersSym as symbol,
  setLevel: symbols.setLevelSym as symbol,
  stream: symbols.streamSym as symbol,
};

/** A stream with this member is told what it is written, in members that begin with "last", before each line. */
export const METADATA: unique symbol = Symbol.for("pino.metadata") as never;

/** A stream that may have that member, such as `pino.multistream`. */
export interface MetadataStream {
  [METADATA]?: boolean;
  lastLevel?: number;
  lastLogger?: object;
  write(line: string): unknown;
}
type PinoSymbol =
  | "bindings"
  | "compare"
  | "formatters"
  | "getLevel"
  | "levelStarts"
  | "levelValue"
  | "mixin"
  | "prefix"
  | "serializers"
  | "setLevel"
  | "stream";

const { epochTime, isoTime, nullTime } = pino.stdTimeFunctions;
const TIMES: Readonly<Record<TimeStyle, () => string>> = { iso: isoTime, epoch: epochTime, epochNanoseconds: nullTime };

/** What {@link createPino} needs. */
export interface PinoOptions {
  level: string;
  format: LineFormat;
  stream: { write(line: string): void };
}

/** A pino logger whose lines have the same names as ours, and which leaves errors as they are. */
export function createPino(options: PinoOptions): PinoLogger {
  const { level, format, stream } = options;
  const { base, errorKey, messageKey, time } = format;
  return pino(
    {
      level,
      // The engine writes the time itself; instrumentations look here for the form that it has.
      timestamp: TIMES[time],
      base: { ...base },
      messageKey,
      errorKey,
      // Frameworks merge this over their own serializers; errors are described when the line is written.
      serializers: { err: (value: unknown) => value },
    },
    stream,
  );
}

/** What pino logs for a bare HTTP request or response, `undefined` for anything else. */
export function describeHttp(value: object): object | undefined {
  const message = value as Record<string, unknown>;
  if (message.method && message.headers && message.socket)
    return pino.stdSerializers.mapHttpRequest(value as Parameters<typeof pino.stdSerializers.mapHttpRequest>[0]);
  if (typeof message.setHeader === "function")
    return pino.stdSerializers.mapHttpResponse(value as Parameters<typeof pino.stdSerializers.mapHttpResponse>[0]);
  return undefined;
}
