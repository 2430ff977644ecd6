import type { Bindings } from "./bindings.ts";
import type { Gate } from "./gate.ts";
import type { JsonWriter } from "./json-writer.ts";
import type { PinoInside } from "./pino.ts";
import type { Redactor } from "./redactor.ts";

// What a logger has for itself is kept on the logger under symbols, and not in private fields (#) or a WeakMap. pino makes
// a child with `Object.create(parent)`, so that a child reads its parent's value until it has one of its own, also if the
// parent's value changes later: a level that is set on a logger reaches its children in this way. Private fields are
// not inherited through a prototype.

/** What one logger of a family has for itself. */
export interface State {
  readonly bindings: Bindings;
  readonly writer: JsonWriter;
  readonly redactor: Redactor;
  readonly gate: Gate | undefined;
}

/** Where a logger keeps its {@link State}. */
export const stateKey: unique symbol = Symbol("seaworthy.logger.state");
/** The `floor` of `Sink.write`: the least level for destinations without a level of their own. */
export const floorKey: unique symbol = Symbol("seaworthy.logger.floor");
/** The name of the level that the logger was given. */
export const levelKey: unique symbol = Symbol("seaworthy.logger.level");

/** A logger seen from inside. */
export interface Inside extends PinoInside {
  [stateKey]: State;
  [floorKey]: number;
  [levelKey]: string | undefined;
  child(bindings: object, options?: object): Inside;
}

/** Whether a value is a logger of this package, or of another copy of it. */
export function isInside(value: unknown): value is Inside {
  return typeof value === "object" && value !== null && stateKey in value;
}
