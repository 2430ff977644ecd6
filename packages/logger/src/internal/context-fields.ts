import { type Context, currentContext, parseTraceparent, scrubAndCut } from "@seaworthy/core";
import { quote } from "./json-text.ts";

const LONGEST_ID = 128;

/** Ids of the current context as `[name, JSON]` pairs. */
export type ContextIds = readonly (readonly [name: string, json: string])[];

/** What the current context adds to a line. */
export interface ContextFields {
  readonly ids: ContextIds;
  /** `,"name":value` for each. */
  readonly text: string;
}

const NONE: ContextFields = { ids: [], text: "" };

/** Reads the ids of the current context; the text for a context is made once, and kept as long as the context lives. */
export function createContextReader(): () => ContextFields {
  const made = new WeakMap<Context, ContextFields>();
  return () => {
    const context = currentContext();
    if (context.correlationId === undefined && context.traceparent === undefined) return NONE;
    const known = made.get(context);
    if (known !== undefined) return known;
    const fields = toFields(context);
    made.set(context, fields);
    return fields;
  };
}

function toFields(context: Context): ContextFields {
  const ids: [string, string][] = [];
  const { correlationId, traceparent } = context as { correlationId?: unknown; traceparent?: unknown };
  if (typeof correlationId === "string") ids.push(["correlationId", quote(scrubAndCut(correlationId, LONGEST_ID))]);
  const trace = parseTraceparent(traceparent);
  if (trace !== undefined) ids.push(["traceId", `"${trace.traceId}"`], ["spanId", `"${trace.spanId}"`]);
  return { ids, text: ids.map(([name, json]) => `,"${name}":${json}`).join("") };
}
