import { withoutUndefined } from "@seaworthy/core/objects";
import type { RedactOptions } from "../redact.ts";
import type { Serializers } from "./bindings.ts";
import type { Engine } from "./engine.ts";
import { type Inside, type State, stateKey } from "./inside.ts";
import { JsonWriter } from "./json-writer.ts";
import { KeyTable } from "./key-table.ts";
import { sym } from "./pino.ts";
import { createRedactor } from "./redactor.ts";

interface ChildOptions {
  level?: string;
  msgPrefix?: string;
  redact?: readonly string[] | RedactOptions;
  serializers?: Serializers;
  customLevels?: object;
  formatters?: { bindings?: (bindings: object) => object };
}

/**
 * Returns pino's `child` for this root, with the same options. It differs in four points: the logger's own names cannot be
 * bound, a name that is bound again is not written twice, redaction adds to that of the parent, and a level that is given
 * is kept even if the parent has the same one.
 */
export function createChild(
  root: Inside,
  engine: Engine,
): (this: Inside, fields?: object, options?: ChildOptions) => Inside {
  const pinoChild = root.child;
  return function child(this: Inside, fields, given) {
    const { level, msgPrefix, redact, serializers, customLevels, formatters } = given ?? {};
    const usesPino = customLevels !== undefined || formatters !== undefined;
    const made: Inside = usesPino
      ? pinoChild.call(this, {}, withoutUndefined({ customLevels, formatters }))
      : Object.create(this);
    if (serializers !== undefined && serializers !== null)
      made[sym.serializers] = Object.assign(Object.create(null), this[sym.serializers], serializers);
    if (typeof msgPrefix === "string") made[sym.prefix] = `${this.msgPrefix ?? ""}${msgPrefix}`;
    const outer = this[stateKey];
    const { redactor, writer } = redact === undefined ? outer : withRedaction(outer, redact);
    const bindings = engine.bind(made, format(fields ?? {}, formatters?.bindings), writer);
    made[stateKey] = { bindings, writer, redactor, gate: outer.gate };
    made[sym.bindings] = engine.bindingsText(bindings);
    if (level !== undefined) made.level = level;
    if (!usesPino) this.onChild(made);
    return made;
  };
}

function withRedaction(
  { redactor, writer }: State,
  redact: NonNullable<ChildOptions["redact"]>,
): Pick<State, "redactor" | "writer"> {
  const inner = createRedactor(redact, redactor);
  return { redactor: inner, writer: new JsonWriter(writer.limits, new KeyTable(inner, writer.keys.reserved)) };
}

function format(fields: object, formatter: ((bindings: object) => object) | undefined): object {
  if (typeof formatter !== "function") return fields;
  try {
    return formatter(fields) ?? fields;
  } catch {
    return fields;
  }
}
