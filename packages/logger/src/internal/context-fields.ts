import { type Context, currentContext, parseTraceparent, scrubAndCut } from "@seaworthy/core";
import { isPlain, quote } from "./json-text.ts";

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

/**
 * Reads the ids of the current context. The text of the last one is kept, and no more: a context usually has one line or
 * a few in a row, and a WeakMap of as many keys as there are requests costs the garbage collector more than making it.
 */
export function createContextReader(): () => ContextFields {
  let last: Context | undefined;
  let made = NONE;
  return () => {
    const context = currentContext();
    if (context.correlationId === undefined && context.traceparent === undefined) return NONE;
    if (context === last) return made;
    made = toFields(context);
    last = context;
    return made;
  };
}

function toFields(context: Context): ContextFields {
  const ids: [string, string][] = [];
  const { correlationId, traceparent } = context as { correlationId?: unknown; traceparent?: unknown };
  if (typeof correlationId === "string") ids.push(["correlationId", idText(correlationId)]);
  const trace = parseTraceparent(traceparent);
  if (trace !== undefined) ids.push(["traceId", `"${trace.traceId}"`], ["spanId", `"${trace.spanId}"`]);
  let text = "";
  for (const [name, json] of ids) text += `,"${name}":${json}`;
  return { ids, text };
}

// Whoever joins the line looks for secrets in the whole of it, so that a plain id needs no look of its own.
function idText(id: string): string {
  return id.length <= LONGEST_ID && isPlain(id) && !id.includes("://") ? `"${id}"` : quote(scrubAndCut(id, LONGEST_ID));
}
