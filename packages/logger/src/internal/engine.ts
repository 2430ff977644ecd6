import { type Context, currentContext } from "@seaworthy/core";
import { type Bindings, bind, NO_BINDINGS, type Serializers } from "./bindings.ts";
import { type ContextFields, createContextReader, NO_CONTEXT } from "./context-fields.ts";
import { keepsErrorNames, nameError } from "./error-fields.ts";
import { floorKey, type Inside, isInside, type State, stateKey } from "./inside.ts";
import { isTraced, ReplacedStream, traceLine } from "./instrumentation.ts";
import { quote } from "./json-text.ts";
import { JsonWriter } from "./json-writer.ts";
import { writeLine } from "./line.ts";
import { type LineFormat, startOf } from "./line-format.ts";
import { readCall, toFields } from "./message.ts";
import { describeHttp, serializersOf, sym } from "./pino.ts";
import type { Sink } from "./sink.ts";
import { isError, readMember, UNREADABLE } from "./values.ts";

/** What the loggers of one family share. */
export interface EngineOptions {
  readonly root: Inside;
  /** The members of every line behind the time, as JSON. */
  readonly base: string;
  readonly sink: Sink;
  /** Returns the time as JSON. */
  readonly timestamp: () => string;
  readonly format: LineFormat;
  readonly context: boolean | ((context: Context) => object | undefined);
}

/** One call of a log method. */
export interface LogCall {
  /** The logger that the method was called on; the root if the method was called on its own. */
  readonly caller: unknown;
  readonly level: number;
  readonly first: unknown;
  readonly second: unknown;
  readonly rest: readonly unknown[];
}

// A getter that logs the object that it belongs to would never end.
const DEEPEST_CALL = 4;

/** What one line is made of. */
interface LineParts {
  readonly level: number;
  readonly writer: JsonWriter;
  readonly fields: object | undefined;
  readonly message: string | undefined;
}

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
  readonly #serializers: Serializers;
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
    this.#base = options.base;
    this.#serializers = serializersOf(root);
    this.#replaced = ReplacedStream.of(root, sink);
  }

  /** Writes the line of one call of a log method. */
  log(call: LogCall): void {
    if (this.#calls >= DEEPEST_CALL) {
      this.sink.lost("recursion");
      return;
    }
    this.#calls++;
    try {
      const logger = isInside(call.caller) ? call.caller : this.#root;
      try {
        this.#log(logger, call);
      } catch {
        // Even if the line cannot be made, it must be known that something was logged here.
        const message = `${this.#messageStart}"[unloggable]"`;
        this.sink.write(`${this.#head(logger, call.level)}${message}}\n`, call.level, 0);
      }
    } catch {
      this.sink.lost("exception"); // the call stack is exhausted
    } finally {
      this.#calls--;
    }
  }

  /** Writes how many lines a sampled or limited logger has held back. That line does not pass the gate of the logger. */
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

  /** Returns what a child that is bound to `fields` writes in every line. */
  bind(logger: Inside, fields: object, writer: JsonWriter): Bindings {
    const free = acquire(writer);
    try {
      return bind(logger[stateKey].bindings, fields, free, serializersOf(logger));
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

  #log(logger: Inside, { level, first, second, rest }: LogCall): void {
    const state = logger[stateKey];
    const { gate } = state;
    if (gate !== undefined && !gate.pass(level, first, second)) return;
    const writer = acquire(state.writer);
    try {
      let message: string | undefined;
      let given: unknown;
      if (typeof first === "string" && second === undefined && rest.length === 0) message = first;
      else if (typeof first === "object" && first !== null && rest.length === 0 && isStringOrMissing(second)) {
        given = first;
        message = second;
      } else {
        const call = readCall(first, second, rest, (value) => this.#interpolate(state, value));
        given = call.fields;
        message = call.message;
      }
      const fields = this.#fields(logger, level, given);
      const make = (shown: object | undefined): string => this.#line(logger, { level, writer, fields: shown, message });
      let line: string;
      try {
        line = isTraced()
          ? traceLine(logger, { level, fields, message, time: this.timestamp() }, () => make(fields))
          : make(fields);
      } catch {
        // A Proxy that does not list its names. The rest of the line can be written.
        line = make({ value: UNREADABLE });
      }
      this.sink.write(line, level, logger[floorKey]);
      if (this.#replaced !== undefined) this.#replaced.write(line, level, logger);
    } finally {
      writer.busy = false;
    }
  }

  #line(logger: Inside, { level, writer, fields, message: given }: LineParts): string {
    const { bindings, gate } = logger[stateKey];
    const prefix = logger[sym.prefix];
    const own = given === undefined && fields !== undefined ? messageOf(fields, this.#format) : undefined;
    const shown = own === undefined ? fields : withoutMessage(fields, this.#format.messageKey);
    const message = given !== undefined && typeof prefix === "string" ? prefix + given : (given ?? own);
    const serializers = serializersOf(logger);
    return writeLine(
      {
        head: this.#head(logger, level),
        bindings,
        context: this.#readContext(),
        suppressed: gate === undefined ? 0 : gate.take(),
        fields: shown === undefined || !this.#renamesErrors ? shown : nameError(shown, this.#format),
        message,
        messageStart: this.#messageStart,
        serializers: serializers === this.#serializers ? undefined : serializers,
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
    // Children may give the same number different names, so that only pino's own levels are kept.
    if (level % 10 === 0 && level >= 10 && level <= 60) this.#starts.set(level, made);
    return made;
  }

  #fields(logger: Inside, level: number, first: unknown): object | undefined {
    let fields = toFields(first, describeHttp);
    const mixin = logger[sym.mixin];
    if (typeof mixin === "function") fields = merge(() => mixin(fields ?? {}, level, logger), fields);
    const more = this.#moreContext;
    if (more !== undefined) fields = merge(() => more(currentContext()), fields);
    const { log: format } = logger[sym.formatters] as { log?: (fields: object) => object };
    if (typeof format !== "function" || fields === undefined) return fields;
    const given = fields;
    return merge(() => format(given), undefined) ?? fields;
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

function isStringOrMissing(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

/** Returns this writer, or another one like it if a getter or toJSON logs in the middle of a line. */
function acquire(writer: JsonWriter): JsonWriter {
  const free = writer.busy ? new JsonWriter(writer.limits, writer.keys) : writer;
  free.busy = true;
  return free;
}

/** Returns `fields` merged over what a function of the host adds. If that function throws, the call goes on without it. */
function merge(more: () => unknown, fields: object | undefined): object | undefined {
  try {
    const added = more();
    return typeof added === "object" && added !== null ? { ...added, ...fields } : fields;
  } catch {
    return fields;
  }
}

/** Returns the message of a call that was made without one, as pino finds it. */
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
    const { [key]: _, ...rest }: Record<string, unknown> = { ...fields };
    return rest;
  } catch {
    return fields;
  }
}
