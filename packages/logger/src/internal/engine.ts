import { type Context, currentContext } from "@seaworthy/core";
import { type Bindings, bind, NO_BINDINGS, type Serializers } from "./bindings.ts";
import { type ContextFields, createContextReader, NO_CONTEXT } from "./context-fields.ts";
import { keepsErrorNames, nameError } from "./error-fields.ts";
import type { Gate } from "./gate.ts";
import { isTraced, ReplacedStream, traceLine } from "./instrumentation.ts";
import { quote } from "./json-text.ts";
import { JsonWriter } from "./json-writer.ts";
import { writeLine } from "./line.ts";
import { type LineFormat, startOf } from "./line-format.ts";
import { readCall, toFields } from "./message.ts";
import { describeHttp, type PinoInside, sym } from "./pino.ts";
import type { Redactor } from "./redactor.ts";
import type { Sink } from "./sink.ts";
import { isError, readMember, UNREADABLE } from "./values.ts";

/** What one logger of a family has for itself. */
export interface State {
  readonly bindings: Bindings;
  readonly writer: JsonWriter;
  readonly redactor: Redactor;
  readonly gate: Gate | undefined;
}

/** Where a logger keeps its {@link State}; children inherit it until they have their own. */
export const stateKey: unique symbol = Symbol("seaworthy.logger.state");
/** The `floor` of `Sink.write`; children inherit it. */
export const floorKey: unique symbol = Symbol("seaworthy.logger.floor");

/** A logger seen from inside. */
export interface Inside extends PinoInside {
  [stateKey]: State;
  [floorKey]: number;
}

/** What the loggers of one family share. */
export interface EngineOptions {
  readonly root: Inside;
  readonly sink: Sink;
  /** The time as JSON. */
  readonly timestamp: () => string;
  readonly format: LineFormat;
  readonly context: boolean | ((context: Context) => object | undefined);
}

// A getter that logs the object it belongs to would never end.
const DEEPEST_CALL = 4;

/** Turns the calls of a family of loggers into lines. No call throws. */
export class Engine {
  readonly sink: Sink;
  readonly timestamp: () => string;
  readonly #root: Inside;
  readonly #format: LineFormat;
  readonly #messageStart: string;
  readonly #renamesErrors: boolean;
  readonly #timeStart: string;
  readonly #starts = new Map<number, string>();
  readonly #readContext: () => ContextFields;
  readonly #moreContext: ((context: Context) => object | undefined) | undefined;
  readonly #base: string;
  readonly #serializers: unknown;
  readonly #replaced: ReplacedStream | undefined;
  #calls = 0;

  constructor(options: EngineOptions) {
    const { root, sink, timestamp, format, context } = options;
    this.sink = sink;
    this.timestamp = timestamp;
    this.#root = root;
    this.#format = format;
    this.#messageStart = `,${quote(this.#format.messageKey)}:`;
    this.#renamesErrors = !keepsErrorNames(format);
    this.#timeStart = `,${quote(format.timeKey)}:`;
    this.#readContext = context === false ? () => NO_CONTEXT : createContextReader(format);
    this.#moreContext = typeof context === "function" ? context : undefined;
    this.#base = root[sym.bindings] as string;
    this.#serializers = root[sym.serializers];
    this.#replaced = ReplacedStream.of(root, sink);
  }

  /** One call of a log method. */
  log(caller: unknown, level: number, first: unknown, second: unknown, rest: readonly unknown[]): void {
    if (this.#calls >= DEEPEST_CALL) {
      this.sink.lost("recursion");
      return;
    }
    this.#calls++;
    try {
      const logger = this.#loggerOf(caller);
      try {
        this.#log(logger, level, first, second, rest);
      } catch {
        // Whatever went wrong, that something was logged here must be known.
        const message = `${this.#messageStart}"[unloggable]"`;
        this.sink.write(`${this.#head(logger, level)}${message}}\n`, level, 0);
      }
    } catch {
      this.sink.lost("exception"); // the call stack is used up
    } finally {
      this.#calls--;
    }
  }

  /** Says how many lines a sampled or limited logger has held back, past its gate. */
  announce(logger: Inside, level: number, held: number, fields?: object): void {
    const { bindings, writer } = logger[stateKey];
    const free = acquire(writer);
    try {
      const head = this.#head(logger, level);
      const message = `${held} lines were suppressed`;
      const parts = {
        head,
        bindings,
        context: NO_CONTEXT,
        suppressed: held,
        fields,
        message,
        messageStart: this.#messageStart,
        serializers: undefined,
        format: this.#format,
      };
      this.sink.write(writeLine(parts, free), level, logger[floorKey]);
    } catch {
      this.sink.lost("exception");
    } finally {
      free.busy = false;
    }
  }

  /** What a child bound to `fields` writes in every line. */
  bind(logger: Inside, fields: object, writer: JsonWriter): Bindings {
    const free = acquire(writer);
    try {
      return bind(logger[stateKey].bindings, fields, free, logger[sym.serializers] as Serializers);
    } catch {
      return logger[stateKey].bindings;
    } finally {
      free.busy = false;
    }
  }

  /** The bindings of a logger as pino keeps them. */
  bindingsText(bindings: Bindings = NO_BINDINGS): string {
    return this.#base + bindings.text;
  }

  #loggerOf(caller: unknown): Inside {
    return typeof caller === "object" && caller !== null && stateKey in caller ? (caller as Inside) : this.#root;
  }

  #log(logger: Inside, level: number, first: unknown, second: unknown, rest: readonly unknown[]): void {
    const state = logger[stateKey];
    const { gate } = state;
    if (gate !== undefined && !gate.pass(level, first, second)) return;
    const writer = acquire(state.writer);
    try {
      let message: string | undefined;
      let given: unknown;
      if (typeof first === "string" && second === undefined && rest.length === 0) message = first;
      else if (typeof first === "object" && first !== null && rest.length === 0 && isText(second)) {
        given = first;
        message = second;
      } else {
        const call = readCall(first, second, rest, (value) => this.#interpolate(state, value));
        given = call.fields;
        message = call.message;
      }
      const fields = this.#fields(logger, level, given);
      let line: string;
      try {
        line = isTraced()
          ? traceLine(logger, { level, fields, message, time: this.timestamp() }, () =>
              this.#line(logger, state, writer, level, fields, message),
            )
          : this.#line(logger, state, writer, level, fields, message);
      } catch {
        // A Proxy that does not tell its names: the rest of the line is sound.
        line = this.#line(logger, state, writer, level, { value: UNREADABLE }, message);
      }
      this.sink.write(line, level, logger[floorKey]);
      if (this.#replaced !== undefined) this.#replaced.write(line, level, logger);
    } finally {
      writer.busy = false;
    }
  }

  #line(
    logger: Inside,
    { bindings, gate }: State,
    writer: JsonWriter,
    level: number,
    fields: object | undefined,
    given: string | undefined,
  ): string {
    const prefix = logger[sym.prefix];
    const own = given === undefined && fields !== undefined ? messageOf(fields, this.#format) : undefined;
    const shown = own === undefined ? fields : withoutMessage(fields, this.#format.messageKey);
    const message = given !== undefined && typeof prefix === "string" ? prefix + given : (given ?? own);
    const serializers = logger[sym.serializers];
    return writeLine(
      {
        head: this.#head(logger, level),
        bindings,
        context: this.#readContext(),
        suppressed: gate === undefined ? 0 : gate.take(),
        fields: shown === undefined || !this.#renamesErrors ? shown : nameError(shown, this.#format),
        message,
        messageStart: this.#messageStart,
        serializers: serializers === this.#serializers ? undefined : (serializers as Serializers),
        format: this.#format,
      },
      writer,
    );
  }

  #head(logger: Inside, level: number): string {
    return this.#start(logger, level) + this.#timeStart + this.timestamp() + this.#base;
  }

  #start(logger: Inside, level: number): string {
    const known = this.#starts.get(level);
    if (known !== undefined) return known;
    const made = startOf(this.#format, level, logger.levels.labels[level]);
    // Children may give one number different names, so that only those of pino are kept.
    if (level % 10 === 0 && level >= 10 && level <= 60) this.#starts.set(level, made);
    return made;
  }

  #fields(logger: Inside, level: number, given: unknown): object | undefined {
    let fields = toFields(given, describeHttp);
    const mixin = logger[sym.mixin];
    if (typeof mixin === "function") fields = merge(() => mixin(fields ?? {}, level, logger), fields);
    const more = this.#moreContext;
    if (more !== undefined) fields = merge(() => more(currentContext()), fields);
    const format = (logger[sym.formatters] as { log?: (fields: object) => object }).log;
    if (typeof format === "function" && fields !== undefined)
      fields = merge(() => format(fields as object), undefined) ?? fields;
    return fields;
  }

  #interpolate(state: State, value: unknown): string {
    const writer = acquire(state.writer);
    try {
      writer.begin(writer.limits.text);
      return writer.value(value, writer.limits.depth) || "undefined";
    } finally {
      writer.busy = false;
    }
  }
}

function isText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

/** This writer, or another like it while a getter or toJSON logs in the middle of a line. */
function acquire(writer: JsonWriter): JsonWriter {
  const free = writer.busy ? new JsonWriter(writer.limits, writer.keys) : writer;
  free.busy = true;
  return free;
}

/** `fields` over what the host's function adds, which must not fail the call. */
function merge(more: () => unknown, fields: object | undefined): object | undefined {
  try {
    const added = more();
    return typeof added === "object" && added !== null ? { ...added, ...fields } : fields;
  } catch {
    return fields;
  }
}

/** What pino takes for the message of a call that has none. */
function messageOf(fields: object, { messageKey, errorKey }: LineFormat): string | undefined {
  const own = readMember(fields, messageKey);
  if (typeof own === "string") return own;
  const error = readMember(fields, "err") ?? readMember(fields, errorKey);
  if (own !== undefined || typeof error !== "object" || error === null || !isError(error)) return undefined;
  const message = readMember(error, "message");
  return typeof message === "string" ? message : undefined;
}

function withoutMessage(fields: object | undefined, key: string): object | undefined {
  if (fields === undefined || typeof readMember(fields, key) !== "string") return fields;
  try {
    const { [key]: _, ...rest } = fields as Record<string, unknown>;
    return rest;
  } catch {
    return fields;
  }
}
