import { itemsOf, kindOf } from "./values.ts";

// Far more than a line takes; the writer marks what it leaves out.
const MOST_ENTRIES = 1000;
const PLACEHOLDER = /%([sdifjoO%])/g;

/** Turns what a placeholder stands for into text. */
export type ToJson = (value: unknown) => string;

/** What a log call's arguments mean. */
export interface Call {
  /** The merging object as it was given. */
  fields: unknown;
  /** `undefined` when the call has no message. */
  message: string | undefined;
}

/**
 * Reads the arguments of a call that has more than an object and a text: pino's placeholders are filled in, and an
 * object or error that none of them takes is kept as the fields, so that `error("failed", err)` loses nothing.
 */
export function readCall(first: unknown, second: unknown, rest: readonly unknown[], json: ToJson): Call {
  if (typeof first === "object" && first !== null)
    return { fields: first, message: second === undefined ? undefined : format(toText(second, json), rest, json).text };
  if (first === undefined)
    return {
      fields: undefined,
      message: second === undefined ? undefined : format(toText(second, json), rest, json).text,
    };
  if (second === undefined && rest.length === 0) return { fields: undefined, message: toText(first, json) };
  const args = [second, ...rest];
  const { text, used } = format(toText(first, json), args, json);
  const left = args.slice(used).find((arg) => typeof arg === "object" && arg !== null);
  return { fields: left, message: text };
}

function format(text: string, args: readonly unknown[], json: ToJson): { text: string; used: number } {
  if (args.length === 0 || !text.includes("%")) return { text, used: 0 };
  let used = 0;
  const filled = text.replace(PLACEHOLDER, (all: string, kind: string) => {
    if (kind === "%") return "%";
    if (used >= args.length) return all;
    const arg = args[used++];
    if (kind === "s") return toText(arg, json);
    if (kind === "j" || kind === "o" || kind === "O") return json(arg);
    const number = toNumber(arg);
    return kind === "i" ? String(Math.floor(number)) : String(number);
  });
  return { text: filled, used };
}

function toText(value: unknown, json: ToJson): string {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null
    ? json(value)
    : typeof value === "function"
      ? "[function]"
      : String(value);
}

function toNumber(value: unknown): number {
  return typeof value === "object" || typeof value === "symbol" || typeof value === "function"
    ? Number.NaN
    : Number(value);
}

/** The merging object of a call as named fields. */
export function toFields(value: unknown, describeHttp: (value: object) => object | undefined): object | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    switch (kindOf(value)) {
      case "plain":
        return describeHttp(value) ?? value;
      case "error":
        return { err: value };
      case "map":
        return fromEntries(itemsOf(value as Map<unknown, unknown>, MOST_ENTRIES) as [unknown, unknown][]);
      case "json": {
        const json: unknown = (value as { toJSON(): unknown }).toJSON();
        return typeof json === "object" && json !== null && kindOf(json) === "plain" ? json : { value: json };
      }
      default:
        return { value };
    }
  } catch {
    return { value }; // the writer marks what cannot be read
  }
}

function fromEntries(entries: [unknown, unknown][]): object {
  return Object.fromEntries(entries.map(([key, value]) => [toKey(key), value]));
}

function toKey(key: unknown): string {
  return typeof key === "object" && key !== null ? "[object]" : String(key);
}
