import { currentContext } from "./context.ts";
import { parseTraceparent, type TraceIds } from "./traceparent.ts";

interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

// Every copy of version 1 of @opentelemetry/api registers itself under the first symbol, so that the copies in one
// process share their state, and keeps the active span in its context under the second one.
const API: unique symbol = Symbol.for("opentelemetry.js.api.1");
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

interface OpenTelemetry {
  context?: { active(): { getValue(key: symbol): { spanContext(): SpanContext } | undefined } };
}

const global: { [API]?: OpenTelemetry } = Object(globalThis);
const lastSpan: { context?: SpanContext; ids?: TraceIds | undefined } = {};
const lastHeader: { text?: string; ids?: TraceIds | undefined } = {};

/**
 * Returns the ids of the trace and span that the running code belongs to: those of the active OpenTelemetry span if
 * there is one, otherwise those of the context's `traceparent`.
 *
 * OpenTelemetry is found through the global that `@opentelemetry/api` registers. Without it, the look-up reads one
 * property. The same object is returned for as long as the span or the header is the same, so that a caller can keep
 * what it derives from it. Never throws.
 *
 * @example
 * ```ts
 * import { currentTrace, runWithContext } from "@seaworthy/core";
 * const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
 * runWithContext({ traceparent }, () => console.log(currentTrace()?.spanId)); // 00f067aa0ba902b7
 * ```
 */
export function currentTrace(): TraceIds | undefined {
  const api = global[API];
  const ids = api?.context === undefined ? undefined : activeSpan(api);
  if (ids !== undefined) return ids;
  const { traceparent } = currentContext();
  return traceparent === undefined ? undefined : parsed(traceparent);
}

function activeSpan({ context }: OpenTelemetry): TraceIds | undefined {
  try {
    const spanContext = context?.active().getValue(SPAN)?.spanContext();
    if (spanContext === undefined) return undefined;
    if (spanContext !== lastSpan.context) {
      lastSpan.ids = idsOf(spanContext);
      lastSpan.context = spanContext;
    }
    return lastSpan.ids;
  } catch {
    return undefined; // a context manager or a span of another make
  }
}

function idsOf({ traceId, spanId, traceFlags }: SpanContext): TraceIds | undefined {
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) return undefined;
  const flags = traceFlags & 0xff;
  return Object.freeze({ traceId, spanId, flags, sampled: (flags & 1) === 1 });
}

function parsed(traceparent: string): TraceIds | undefined {
  if (traceparent !== lastHeader.text) {
    lastHeader.ids = parseTraceparent(traceparent);
    lastHeader.text = traceparent;
  }
  return lastHeader.ids;
}
