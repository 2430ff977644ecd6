import { showValue } from "@seaworthy/core/options";
import type { Destination } from "../destinations/destination.ts";
import type { LogLevel } from "../level.ts";
import { toLevel } from "./level-numbers.ts";
import { toPretty } from "./pretty-choice.ts";
import { isStream, StreamDestination } from "./stream-destination.ts";

/** A destination as the logger uses it, checked. */
export interface DestinationEntry {
  readonly kind: string;
  readonly level: LogLevel | undefined;
  readonly pretty: boolean | "auto" | undefined;
  readonly destination: Destination;
}

const KIND = /^[\w.:-]{1,64}$/;
const METHODS = ["open", "flush", "flushSync", "close", "health"] as const;

/**
 * Reads one member of the `destinations` option.
 *
 * @throws TypeError if it has no `write`, or one of its other members is not as described
 */
export function readDestination(given: unknown, name: string): DestinationEntry {
  if (typeof given !== "object" || given === null)
    throw new TypeError(`${name} must be a destination or a stream; got ${showValue(given)}`);
  if (hasWrite(given)) return readOne(given, name);
  const { stream, level } = given as { stream?: unknown; level?: unknown };
  if (typeof stream !== "object" || stream === null || !hasWrite(stream))
    throw new TypeError(`${name} must be a destination or a stream; got an object without write`);
  const entry = readOne(stream, name);
  return level === undefined ? entry : { ...entry, level: toLevel(level, `${name}.level`) };
}

function hasWrite(value: object): value is Destination {
  return typeof (value as { write?: unknown }).write === "function";
}

function readOne(given: Destination, name: string): DestinationEntry {
  // The members of a stream that are called level or close mean something else.
  if (isStream(given))
    return { kind: "stream", level: undefined, pretty: undefined, destination: new StreamDestination(given) };
  const { kind = "stream", level, pretty } = given;
  if (typeof kind !== "string" || !KIND.test(kind))
    throw new TypeError(
      `${name}.kind must be a name of 1 to 64 letters, digits, "_", ".", ":" and "-"; got ${showValue(kind)}`,
    );
  for (const method of METHODS) {
    const value: unknown = given[method];
    if (value !== undefined && typeof value !== "function")
      throw new TypeError(`${name}.${method} must be a function; got ${showValue(value)}`);
  }
  return {
    kind,
    level: level === undefined ? undefined : toLevel(level, `${name}.level`),
    pretty: pretty === undefined ? undefined : toPretty(pretty, `${name}.pretty`),
    destination: given,
  };
}
