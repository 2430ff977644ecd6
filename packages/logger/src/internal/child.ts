import type { RedactOptions } from "../redact.ts";
import type { Serializers } from "./bindings.ts";
import { type Engine, type Inside, type State, stateKey } from "./engine.ts";
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
 * pino's `child` for this root: the same options, but names of the logger's own cannot be bound, a key bound again is
 * not written twice, redaction adds to the parent's, and a level given is kept even if it is the parent's.
 */
export function createChild(root: Inside, engine: Engine): (this: Inside, fields?: object, options?: object) => Inside {
  const pinoChild = root.child;
  return function child(this: Inside, fields, given) {
    const options = (given ?? {}) as ChildOptions;
    const { level, msgPrefix, redact, serializers, customLevels, formatters } = options;
    const special = { ...(customLevels && { customLevels }), ...(formatters && { formatters }) };
    const usesPino = customLevels !== undefined || formatters !== undefined;
    const made = usesPino ? (pinoChild.call(this, {}, special) as Inside) : (Object.create(this) as Inside);
    if (serializers !== undefined && serializers !== null)
      made[sym.serializers] = Object.assign(Object.create(null), this[sym.serializers], serializers);
    if (typeof msgPrefix === "string") made[sym.prefix] = `${this.msgPrefix ?? ""}${msgPrefix}`;
    adopt(made, this[stateKey], shape(fields ?? {}, formatters?.bindings), redact, engine);
    if (level !== undefined) made.level = level;
    if (!usesPino) this.onChild(made);
    return made;
  };
}

function adopt(child: Inside, outer: State, fields: object, redact: ChildOptions["redact"], engine: Engine): void {
  const { redactor, writer } = redact === undefined ? outer : withRedaction(outer, redact);
  const bindings = engine.bind(child, fields, writer);
  child[stateKey] = { bindings, writer, redactor, gate: outer.gate };
  child[sym.bindings] = engine.bindingsText(bindings);
}

function withRedaction(
  { redactor, writer }: State,
  redact: NonNullable<ChildOptions["redact"]>,
): Pick<State, "redactor" | "writer"> {
  const inner = createRedactor(redact, redactor);
  return { redactor: inner, writer: new JsonWriter(writer.limits, new KeyTable(inner, writer.keys.reserved)) };
}

function shape(fields: object, format: ((bindings: object) => object) | undefined): object {
  if (typeof format !== "function") return fields;
  try {
    return format(fields) ?? fields;
  } catch {
    return fields;
  }
}
