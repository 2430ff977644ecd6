import { type Context, currentContext, currentTrace, type TraceIds } from "@seaworthy/core";
import { scrubAndCut } from "@seaworthy/core/redaction";
import { readCaller } from "./caller-facts.ts";
import { isPlain, quote } from "./json-text.ts";
import type { LineFormat } from "./line-format.ts";

const LONGEST_ID = 128;

/** Ids of the current context as `[name, JSON]` pairs. */
export type ContextIds = readonly (readonly [name: string, json: string])[];

/** What the current context adds to a line. */
export interface ContextFields {
  readonly ids: ContextIds;
  /** `,"name":value` for each. */
  readonly text: string;
  /** The same of ids that are at the top of the line while fields are further down. */
  readonly outer: string;
}

/** No ids. */
export const NO_CONTEXT: ContextFields = { ids: [], text: "", outer: "" };

/**
 * Reads the ids of the current context and of the active trace. The text of the last one is kept, and no more: a context
 * usually has one line or a few in a row, and a WeakMap of as many keys as there are requests costs the garbage
 * collector more than making it.
 */
export function createContextReader(format: LineFormat): () => ContextFields {
  const hasCaller = format.caller.length > 0;
  let last: Context | undefined;
  let lastTrace: TraceIds | undefined;
  let made = NO_CONTEXT;
  return () => {
    const context = currentContext();
    const trace = currentTrace();
    if (context.correlationId === undefined && trace === undefined && !hasCaller) return NO_CONTEXT;
    if (context === last && trace === lastTrace) return made;
    made = toFields(context, trace, format);
    last = context;
    lastTrace = trace;
    return made;
  };
}

function toFields(context: Context, trace: TraceIds | undefined, format: LineFormat): ContextFields {
  const { idKeys, caller, callerKeys, traceId, spanId, fieldsKey } = format;
  const ids: [string, string][] = [];
  const { correlationId } = context as { correlationId?: unknown };
  if (typeof correlationId === "string") ids.push([idKeys.correlationId, idText(correlationId)]);
  for (const fact of caller) {
    const value = readCaller(context, fact);
    if (value !== undefined) ids.push([callerKeys[fact], idText(value)]);
  }
  const ofTrace: [string, string][] =
    trace === undefined
      ? []
      : [
          [idKeys.traceId, quote(traceId(trace.traceId))],
          [idKeys.spanId, quote(spanId(trace.spanId))],
        ];
  if (fieldsKey === undefined) ids.push(...ofTrace);
  return { ids, text: join(ids), outer: fieldsKey === undefined ? "" : join(ofTrace) };
}

const join = (ids: ContextIds): string => ids.map(([name, json]) => `,${quote(name)}:${json}`).join("");

// Whoever joins the line looks for secrets in the whole of it, so that a plain id needs no look of its own.
function idText(id: string): string {
  return id.length <= LONGEST_ID && isPlain(id) && !id.includes("://") ? `"${id}"` : quote(scrubAndCut(id, LONGEST_ID));
}
