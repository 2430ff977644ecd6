import { type Clock, currentContext, parseTraceparent } from "@seaworthy/core";
import type { Sample } from "./prom.ts";

/** A recording that happened inside a sampled trace. */
export interface Exemplar {
  readonly traceparent: string;
  readonly value: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

const FLAGS_END = 54; // the last digit of a version 00 header, which carries the sampled bit

/** The recording as an exemplar, if the running code is inside a sampled trace. Reading is left to the render. */
export function exemplarOf(value: number, clock: Clock): Exemplar | undefined {
  const traceparent = currentContext().traceparent;
  return traceparent === undefined || !looksSampled(traceparent) ? undefined : { traceparent, value, at: clock.now() };
}

function looksSampled(traceparent: unknown): boolean {
  return typeof traceparent === "string" && (Number.parseInt(traceparent[FLAGS_END] ?? "0", 16) & 1) === 1;
}

/** The exemplar in the words of OpenMetrics. */
export function exemplarSample(exemplar: Exemplar | undefined): Pick<Sample, "exemplar"> | undefined {
  const ids = exemplar === undefined ? undefined : parseTraceparent(exemplar.traceparent);
  if (exemplar === undefined || ids === undefined) return undefined;
  const labelSet = { trace_id: ids.traceId, span_id: ids.spanId };
  return { exemplar: { labelSet, value: exemplar.value, timestamp: exemplar.at / 1000 } };
}
