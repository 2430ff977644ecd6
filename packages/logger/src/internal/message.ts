import { isError, itemsOf, kindOf } from "./values.ts";

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
 * Reads the arguments of a call that has more than an object and a text. pino's placeholders are filled in, and nothing
 * that they leave over is lost: the first object becomes the fields, an error becomes `err`, and the rest is added to
 * the message, as `console.log` does it.
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

/** The fields and one more object; `undefined` where they do not go together. */
function join(fields: unknown, more: object): object | undefined {
  if (fields === undefined) return more;
  try {
    const [error, members] = isError(more) ? [more, fields] : [fields, more];
    const fits =
      isError(error as object) && kindOf(members as object) === "plain" && !Object.hasOwn(members as object, "err");
    return fits ? { ...(members as object), err: error } : undefined;
  } catch {
    return undefined; // a getter or a Proxy's trap threw
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
