import { randomBytes } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { type Clock, systemClock } from "./clock.ts";
import { currentTrace } from "./current-trace.ts";
import { subscribe } from "./internal/subscribe.ts";
import type { EventLabels, LabelValue, TelemetryDefinition, TelemetryEvent } from "./telemetry.ts";
import { formatTraceparent, parseTraceparent, type TraceIds } from "./traceparent.ts";

/** Options of {@link startSpan}. */
export interface StartSpanOptions {
  /** `traceparent` of the parent. @default the trace of the running code, see `currentTrace` */
  readonly parent?: string | undefined;
  /** Facts that are known at the start, of any cardinality. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** An operation that has begun and has not ended. */
export interface Span<L extends string = string> {
  /**
   * W3C Trace Context of this span. Run the operation in a context that has it, so that the spans of what it calls become
   * children of this one.
   */
  readonly traceparent: string;
  /** Ends the span, with the labels and details of its event. A second call does nothing. */
  end(labels: EventLabels<L>, details?: Readonly<Record<string, unknown>>): void;
}

/** What both records of a span have. */
interface SpanIds {
  /** Name of the event. */
  readonly name: string;
  readonly definition: TelemetryDefinition;
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** Id of the parent's span, of this process or of the caller's. A span without one begins a trace. */
  readonly parentId: string | undefined;
  /** Whether the parent may have recorded the trace; `true` if there is no parent. */
  readonly sampled: boolean;
  /** Milliseconds since the Unix epoch at which the span began. */
  readonly startedAt: number;
  /** Of any cardinality. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** A span has begun. */
export interface SpanStart extends SpanIds {
  readonly phase: "start";
}

/** A span has ended. */
export interface SpanEnd extends SpanIds {
  readonly phase: "end";
  /** How long it took, on a clock that does not jump. */
  readonly seconds: number;
  readonly labels: Readonly<Record<string, LabelValue>>;
}

/** Receives the start and the end of every span of every package. */
export type SpanListener = (record: SpanStart | SpanEnd) => void;

// Channels are process-wide by name, so two copies of this package share this one.
const spans = channel("seaworthy:spans");

/** Whether there is a listener for spans. Check it before you build the options of `startSpan`. */
export function hasSpanListener(): boolean {
  return spans.hasSubscribers;
}

/**
 * Begins a span for an operation whose event has a duration, if there is a listener; otherwise returns `undefined`, which
 * costs one boolean read. The event itself is still emitted when the operation ends.
 *
 * @example
 * ```ts
 * import { defineEvent, runWithContext, startSpan } from "@seaworthy/core";
 * const deliveryEvent = defineEvent("mail.delivery", { help: "A message was delivered.", unit: "seconds", labels: ["outcome"] });
 * const send = async () => "sent";
 *
 * const span = startSpan(deliveryEvent);
 * await (span === undefined ? send() : runWithContext({ traceparent: span.traceparent }, send));
 * span?.end({ outcome: "ok" });
 * ```
 */
export function startSpan<L extends string>(
  event: TelemetryEvent<L, "seconds">,
  options?: StartSpanOptions,
): Span<L> | undefined {
  return spans.hasSubscribers ? new OpenSpan(event, options) : undefined;
}

/**
 * Calls `listener` synchronously with the start and the end of every span that begins from now on. A listener that throws
 * is reported once as a process warning (`CORE_TELEMETRY_LISTENER`), and the caller does not notice it.
 *
 * @returns a function that unsubscribes
 * @throws TypeError if `listener` is not a function
 */
export function onSpan(listener: SpanListener): () => void {
  return subscribe(spans, listener);
}

class OpenSpan<L extends string> implements Span<L> {
  readonly traceparent: string;
  readonly #ids: SpanIds;
  readonly #clock: Clock;
  readonly #started: number;
  #ended = false;

  constructor(event: TelemetryEvent<L, "seconds">, options: StartSpanOptions = {}) {
    const { parent, details, clock = systemClock } = options;
    const above: TraceIds | undefined = parent === undefined ? currentTrace() : parseTraceparent(parent);
    const traceId = above?.traceId ?? newId(16);
    const spanId = newId(8);
    const flags = above?.flags ?? 1;
    this.traceparent = formatTraceparent({ traceId, spanId, flags });
    this.#clock = clock;
    this.#started = clock.monotonic();
    this.#ids = {
      name: event.name,
      definition: event,
      traceId,
      spanId,
      parentId: above?.spanId,
      sampled: (flags & 1) === 1,
      startedAt: clock.now(),
      details,
    };
    spans.publish({ ...this.#ids, phase: "start" } satisfies SpanStart);
  }

  end(labels: EventLabels<L>, details?: Readonly<Record<string, unknown>>): void {
    if (this.#ended) return;
    this.#ended = true;
    const seconds = Math.max(0, this.#clock.monotonic() - this.#started) / 1000;
    const all = details === undefined ? this.#ids.details : { ...this.#ids.details, ...details };
    spans.publish({ ...this.#ids, phase: "end", seconds, labels, details: all } satisfies SpanEnd);
  }
}

/** Random bytes as lower-case hex. All zero would be no id, and is as likely as a collision. */
function newId(bytes: number): string {
  const id = randomBytes(bytes).toString("hex");
  return /[1-9a-f]/.test(id) ? id : newId(bytes);
}
