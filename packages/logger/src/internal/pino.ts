import { type Logger as PinoLogger, pino } from "pino";

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
  levelValue: symbols.levelValSym as symbol,
  levelStarts: symbols.lsCacheSym as symbol,
  mixin: symbols.mixinSym as symbol,
  prefix: symbols.msgPrefixSym as symbol,
  serializers: symbols.serializersSym as symbol,
  setLevel: symbols.setLevelSym as symbol,
};
type PinoSymbol =
  | "bindings"
  | "compare"
  | "formatters"
  | "levelStarts"
  | "levelValue"
  | "mixin"
  | "prefix"
  | "serializers"
  | "setLevel";

/** What {@link createPino} needs. */
export interface PinoOptions {
  name: string | undefined;
  level: string;
  timestamp: () => string;
  stream: { write(line: string): void };
}

/** A pino logger with the usual `pid`, `hostname` and `name`, and errors left as they are. */
export function createPino(options: PinoOptions): PinoLogger {
  const { name, level, timestamp, stream } = options;
  return pino(
    {
      level,
      timestamp: () => `,"time":"${timestamp()}"`,
      // Frameworks merge this over their own serializers; errors are described when the line is written.
      serializers: { err: (value: unknown) => value },
      ...(name === undefined ? undefined : { name }),
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
