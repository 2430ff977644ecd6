import { type Logger as PinoLogger, pino } from "pino";
import type { Serializers } from "./bindings.ts";
import type { LineFormat, TimeStyle } from "./line-format.ts";

// pino's type declarations name some of its symbols only; the object has all of them.
const symbols: Readonly<Record<string, unknown>> = { ...pino.symbols };

function symbolOf(name: string): symbol {
  const found = symbols[name];
  if (typeof found !== "symbol") throw new TypeError(`this version of pino has no symbol ${name}`);
  return found;
}

/** pino's symbols that this package uses. */
export const sym: Readonly<Record<PinoSymbol, symbol>> = {
  bindings: symbolOf("chindingsSym"),
  compare: symbolOf("levelCompSym"),
  formatters: symbolOf("formattersSym"),
  getLevel: symbolOf("getLevelSym"),
  levelValue: symbolOf("levelValSym"),
  mixin: symbolOf("mixinSym"),
  prefix: symbolOf("msgPrefixSym"),
  serializers: symbolOf("serializersSym"),
  setLevel: symbolOf("setLevelSym"),
  stream: symbolOf("streamSym"),
};

type PinoSymbol =
  | "bindings"
  | "compare"
  | "formatters"
  | "getLevel"
  | "levelValue"
  | "mixin"
  | "prefix"
  | "serializers"
  | "setLevel"
  | "stream";

/** A pino logger seen from inside: the members under pino's symbols that this package reads or replaces. */
export interface PinoInside {
  [member: symbol]: unknown;
  [member: string]: unknown;
  level: string;
  levels: { values: Record<string, number>; labels: Record<number, string> };
  msgPrefix: string | undefined;
  onChild(child: unknown): void;
  emit(event: string, ...values: unknown[]): unknown;
  isLevelEnabled(level: string): boolean;
}

/** pino writes `lastLevel` and so on to a stream with this member before it writes a line to it. */
export const METADATA: unique symbol = Symbol.for("pino.metadata");

/** A stream that may have that member, such as `pino.multistream`. */
export interface MetadataStream {
  [METADATA]?: boolean;
  lastLevel?: number;
  lastLogger?: object;
  write(line: string): unknown;
}

/** The serializers of a logger: its own over those that it inherits. */
export function serializersOf(logger: PinoInside): Serializers {
  // pino has checked them when they were given.
  return logger[sym.serializers] as Serializers;
}

const { epochTime, isoTime, nullTime } = pino.stdTimeFunctions;
const TIMES: Readonly<Record<TimeStyle, () => string>> = { iso: isoTime, epoch: epochTime, epochNanoseconds: nullTime };

/** Options of {@link createPino}. */
export interface PinoOptions {
  level: string;
  format: LineFormat;
  stream: { write(line: string): void };
}

/** Creates a pino logger whose lines have the names of this format, and which leaves errors as they are. */
export function createPino(options: PinoOptions): PinoLogger {
  const { level, format, stream } = options;
  const { base, errorKey, messageKey, time } = format;
  return pino(
    {
      level,
      // The engine writes the time itself. Instrumentations look here for its form.
      timestamp: TIMES[time],
      base: { ...base },
      messageKey,
      errorKey,
      // Frameworks merge this over their own serializers. Errors are described when the line is written.
      serializers: { err: (value: unknown) => value },
    },
    stream,
  );
}

type HttpRequest = Parameters<typeof pino.stdSerializers.mapHttpRequest>[0];
type HttpResponse = Parameters<typeof pino.stdSerializers.mapHttpResponse>[0];

// Recognized by their shape, as pino does it: a request of a framework is often not an instance of Node's class.
function isRequest(value: object): value is HttpRequest {
  const { method, headers, socket } = value as Readonly<Record<string, unknown>>;
  return Boolean(method && headers && socket);
}

function isResponse(value: object): value is HttpResponse {
  return "setHeader" in value && typeof value.setHeader === "function";
}

/** What pino logs for a bare HTTP request or response; `undefined` for anything else. */
export function describeHttp(value: object): object | undefined {
  if (isRequest(value)) return pino.stdSerializers.mapHttpRequest(value);
  if (isResponse(value)) return pino.stdSerializers.mapHttpResponse(value);
  return undefined;
}
