import { types } from "node:util";
import { isError, itemsOf, jsonOf, kindOf } from "./values.ts";

// Far more than fits into a line. The writer marks what it leaves out.
const MOST_ENTRIES = 1000;
const PLACEHOLDER = /%([sdifjoO%])/g;

/** Returns the value of a placeholder as text. */
export type ToJson = (value: unknown) => string;

/** What the arguments of a log call mean. */
export interface Call {
  /** The object with the fields, as it was given. */
  fields: unknown;
  /** `undefined` if the call has no message. */
  message: string | undefined;
}

/**
 * Reads the arguments of a call that has more than an object and a string. pino's placeholders are replaced, and what is
 * left over is not lost: the first object becomes the fields, an error becomes `err`, and the rest is appended to the
 * message, as `console.log` does.
 */
export function readCall(first: unknown, second: unknown, rest: readonly unknown[], json: ToJson): Call {
  if (typeof first === "object" && first !== null) return assemble(first, second, rest, json);
  const isMissing = first === undefined || first === null;
  if (isMissing && second !== undefined) return assemble(undefined, second, rest, json);
  return assemble(undefined, isMissing && rest.length === 0 ? first : (first ?? ""), [second, ...rest], json);
}

function assemble(given: unknown, message: unknown, args: readonly unknown[], json: ToJson): Call {
  if (message === undefined && args.length === 0) return { fields: given, message: undefined };
  const { text, used } = format(message === undefined ? "" : toText(message, json), args, json);
  let fields = given;
  let full = text;
  for (const arg of args.slice(used)) {
    if (arg === undefined) continue;
    const joined = typeof arg === "object" && arg !== null ? join(fields, arg) : undefined;
    if (joined !== undefined) fields = joined;
    else full += `${full === "" ? "" : " "}${toText(arg, json)}`;
  }
  return { fields, message: full === "" && message === undefined ? undefined : full };
}

/** Returns the fields together with one more object; `undefined` if they cannot be joined. */
function join(fields: unknown, more: object): object | undefined {
  if (typeof fields !== "object" || fields === null) return fields === undefined ? more : undefined;
  try {
    const [error, members] = isError(more) ? [more, fields] : [fields, more];
    const fits = isError(error) && kindOf(members) === "plain" && !Object.hasOwn(members, "err");
    return fits ? { ...members, err: error } : undefined;
  } catch {
    return undefined; // a getter or a trap of a Proxy threw
  }
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

/** Returns the object of a call as named fields. */
export function toFields(value: unknown, describeHttp: (value: object) => object | undefined): object | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    switch (kindOf(value)) {
      case "plain":
        return describeHttp(value) ?? value;
      case "error":
        return { err: value };
      case "map":
        return types.isMap(value) ? fromEntries(itemsOf(value, MOST_ENTRIES)) : { value };
      case "json": {
        const json = jsonOf(value);
        return typeof json === "object" && json !== null && kindOf(json) === "plain" ? json : { value: json };
      }
      default:
        return { value };
    }
  } catch {
    return { value }; // the writer marks what cannot be read
  }
}

function fromEntries(entries: readonly (readonly [unknown, unknown])[]): object {
  return Object.fromEntries(entries.map(([key, value]) => [toKey(key), value]));
}

function toKey(key: unknown): string {
  return typeof key === "object" && key !== null ? "[object]" : String(key);
}
