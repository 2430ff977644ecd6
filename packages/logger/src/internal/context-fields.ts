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
  /** The same for ids that are at the top of the line if the fields are in an object of their own. */
  readonly outer: string;
}

/** The fields of a context without ids. */
export const NO_CONTEXT: ContextFields = { ids: [], text: "", outer: "" };

/**
 * Returns a function that reads the ids of the current context and of the active trace. Only the text of the last context
 * is kept: most contexts have one line, or a few in a row, and a WeakMap with one key per request would cost the garbage
 * collector more than to make the text again.
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
  const { correlationId }: { readonly correlationId?: unknown } = context;
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

// The complete line is searched for secrets later, so that a plain id does not have to be searched here.
function idText(id: string): string {
  return id.length <= LONGEST_ID && isPlain(id) && !id.includes("://") ? `"${id}"` : quote(scrubAndCut(id, LONGEST_ID));
}
