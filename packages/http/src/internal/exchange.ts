import { inspect } from "node:util";
import {
  type Context,
  hasSpanListener,
  isSeaworthyError,
  lazySignal,
  type Principal,
  type Problem,
  parseTraceparent,
  type Span,
  scrubSecrets,
  startSpan,
  startTimer,
  toProblem,
} from "@seaworthy/core";
import { cutText } from "@seaworthy/core/redaction";
import { errors } from "../errors.ts";
import type { Answer, Header } from "../messages.ts";
import { requestId } from "../request-id.ts";
import { rejectedEvent, requestEvent } from "../telemetry.ts";
import { admit } from "./admission.ts";
import { authorize } from "./authorization.ts";
import type { Edge } from "./edge-core.ts";
import { BEARER, type EdgeExchange, type HeaderTarget, type Incoming } from "./exchange-parts.ts";
import { parseTracestate } from "./tracestate.ts";
import { translate } from "./translate.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const LONGEST_LOGGED_PATH = 512;
const LONGEST_USER_AGENT = 512;

/** One request on its way through the edge: every adapter drives it in the same order. */
export class Exchange implements EdgeExchange {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Whether it came through the operations listener. */
  readonly isOperations: boolean;
  principal: Principal | undefined;
  /** The template, if the edge itself answers or the application named it; otherwise the framework knows it. */
  route: string | undefined;
  readonly #edge: Edge;
  readonly #incoming: Incoming;
  readonly #started: number;
  readonly #span: Span<"method" | "route" | "status"> | undefined;
  #controller: AbortController | undefined;
  /** Why the answer is not awaited any more. */
  #abandoned: Error | undefined;
  #target: HeaderTarget | undefined;
  #deadline: number | undefined;
  #cancelDeadline: (() => void) | undefined;
  #address: string | undefined;
  /** What a hook threw where no answer could be made of it yet. */
  #hookFailure: { readonly thrown: unknown } | undefined;
  #failure: unknown;
  #broken = false;
  #ended = false;

  constructor(
    edge: Edge,
    incoming: Incoming,
    { isOperations = false, id }: { isOperations?: boolean; id?: string } = {},
  ) {
    this.#edge = edge;
    this.#incoming = incoming;
    this.isOperations = isOperations;
    this.#started = edge.clock.monotonic();
    this.method = incoming.method;
    this.path = incoming.path;
    this.query = incoming.query;
    this.id = id ?? requestId(incoming.header("x-request-id"));
    if (hasSpanListener()) {
      const details = { path: this.#shortPath(), correlationId: this.id };
      this.#span = startSpan(requestEvent, { parent: incoming.header("traceparent"), clock: edge.clock, details });
    }
  }

  get address(): string {
    const incoming = this.#incoming;
    this.#address ??= this.#edge.clientAddress(incoming.socketAddress, incoming.header("x-forwarded-for"));
    return this.#address;
  }

  /** Aborts when the answer is not awaited any more. The controller exists only from the first reading on. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abandoned !== undefined) this.#controller.abort(this.#abandoned);
    }
    return this.#controller.signal;
  }

  header(name: string): string | undefined {
    return this.#incoming.header(name);
  }

  /** The context of everything that is done on behalf of this request. */
  context(): Context {
    const context: { -readonly [K in keyof Context]: Context[K] } = { correlationId: this.id, [lazySignal]: this };
    this.#addTrace(context);
    if (this.#deadline !== undefined) context.deadline = this.#deadline;
    if (this.principal !== undefined) context.principal = this.principal;
    const userAgent = this.#incoming.header("user-agent");
    const { address } = this;
    context.client =
      userAgent === undefined ? { address } : { address, userAgent: cutText(userAgent, LONGEST_USER_AGENT) };
    return context;
  }

  #addTrace(context: { traceparent?: string; tracestate?: string }): void {
    const received = this.#incoming.header("traceparent");
    const isTraced = received !== undefined && parseTraceparent(received) !== undefined;
    if (this.#span !== undefined) context.traceparent = this.#span.traceparent;
    else if (isTraced) context.traceparent = received;
    // It belongs to the trace of the caller; a span that began a new trace must not send it on.
    const tracestate = isTraced ? parseTracestate(this.#incoming.header("tracestate")) : undefined;
    if (tracestate !== undefined) context.tracestate = tracestate;
  }

  /**
   * Starts the deadline of this request, if it has one. When it passes, the signal aborts, and `onExpired` is called one
   * turn of the event loop later, so that a handler that heeds the signal can still answer by itself.
   */
  startDeadline(onExpired: () => void): void {
    const { clock } = this.#edge;
    let time: number | undefined;
    try {
      time = this.#edge.deadlineOf(this);
    } catch (thrown) {
      this.#hookFailure = { thrown };
    }
    if (time === undefined) return;
    this.#deadline = clock.now() + time;
    this.#cancelDeadline = startTimer(clock, time, () => {
      if (this.#ended) return;
      this.#abandon(errors.HTTP_DEADLINE_EXCEEDED());
      setImmediate(onExpired);
    });
  }

  /** Writes the headers of every answer to this request; those of limits follow when they have decided. */
  writeHeaders(target: HeaderTarget): void {
    this.#target = target;
    target.setHeader("x-request-id", this.id);
    for (const header of this.#edge.headersFor(this.#incoming.header("origin")).list)
      target.setHeader(header[0], header[1]);
  }

  /** The same, where the fixed headers have been taken care of. */
  writeOwnHeaders(target: HeaderTarget): void {
    this.#target = target;
    target.setHeader("x-request-id", this.id);
  }

  /** The edge's own answer, or `undefined` to let the request in. Throws or rejects with what a hook threw. */
  admit(): Answer | undefined | Promise<Answer | undefined> {
    if (this.#hookFailure !== undefined) throw this.#hookFailure.thrown;
    return admit(this.#edge, this);
  }

  get host(): string | undefined {
    return this.#incoming.host;
  }

  /** Whether the request has more than one `Host`. */
  get hasTwoHosts(): boolean {
    return this.#incoming.hasTwoHosts === true;
  }

  /** Sets a header of the answer, if the answer has not begun. */
  setHeader(name: string, value: string): void {
    this.#target?.setHeader(name, value);
  }

  /** Notes that a WebSocket handshake was refused because of its origin. */
  refuseOrigin(): Answer {
    this.rejected("origin");
    return this.problem(errors.HTTP_FORBIDDEN());
  }

  /** Emits the event of a request that no handler will see. */
  rejected(reason: string, details?: object): void {
    if (rejectedEvent.active)
      rejectedEvent.emit({ reason }, undefined, { method: this.method, path: this.#shortPath(), ...details });
  }

  /** Resolves if the caller has a permission; rejects with 401 or 403 otherwise. */
  authorize(permission: string): Promise<void> {
    return authorize(this.#edge.authorization, this, permission);
  }

  /**
   * Whatever was thrown, as problem+json (RFC 9457), with the headers that the error brought along. What is the service's
   * own fault goes into the request's event.
   *
   * @param bodyLimit - of the route, if the framework reads bodies
   */
  problem(thrown: unknown, bodyLimit?: number): Answer {
    const { error, headers: own, detail } = translate(thrown, bodyLimit);
    const problem: Problem = toProblem(error, { detail, correlationId: this.id });
    if (problem.status >= 500) this.failed(thrown);
    const headers: Header[] = [
      ["content-type", "application/problem+json; charset=utf-8"],
      ["cache-control", "no-store"],
      ...own,
    ];
    const has = (name: string): boolean => own.some((header) => header[0] === name);
    if (typeof problem.retryAfter === "number" && !has("retry-after"))
      headers.push(["retry-after", String(problem.retryAfter)]);
    if (problem.status === 401 && !has("www-authenticate")) headers.push(BEARER);
    return { status: problem.status, headers, body: JSON.stringify(problem) };
  }

  /** The answer where no route took the request: 405 if the path is known under other methods, otherwise 404. */
  notFound(methods: readonly string[] = []): Answer {
    if (methods.length === 0 || methods.includes(this.method)) return this.problem(errors.HTTP_NOT_FOUND());
    const { status, headers, body } = this.problem(errors.HTTP_METHOD_NOT_ALLOWED());
    return { status, headers: [...headers, ["allow", [...new Set(methods)].sort().join(", ")]], body };
  }

  /** Notes what went wrong; `broken` if the answer had begun and is cut short because of it. */
  failed(thrown: unknown, broken = false): void {
    this.#failure ??= thrown ?? new Error(`${String(thrown)} was thrown`);
    if (broken) this.#broken = true;
  }

  #abandon(reason: Error): void {
    if (this.#abandoned !== undefined) return;
    this.#abandoned = reason;
    this.#controller?.abort(reason);
  }

  /**
   * Ends the exchange, once: emits its event, and aborts the context's signal if the answer is not awaited any more.
   *
   * @param status - of the answer; `undefined` if it was not completed
   * @param route - the matched template
   */
  end(status: number | undefined, route: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelDeadline?.();
    if (status === undefined) this.#abandon(new Error("the client left before the answer was complete"));
    const shown = status ?? (this.#broken ? 500 : 499);
    if (!requestEvent.active && this.#failure !== undefined && shown >= 500) this.#print();
    if (!requestEvent.active && this.#span === undefined) return;
    const seconds = (this.#edge.clock.monotonic() - this.#started) / 1000;
    const labels = {
      // Clients can invent methods; a label may not take what they invent.
      method: METHODS.has(this.method) ? this.method : "OTHER",
      route: this.route ?? route ?? "unmatched",
      status: shown,
    };
    const details: Record<string, unknown> = { path: this.#shortPath(), clientAddress: this.address };
    if (this.principal !== undefined) details.principalId = this.principal.id;
    if (this.#failure !== undefined) details.error = this.#failure;
    requestEvent.emit(labels, seconds, details);
    this.#span?.end(labels, details);
  }

  /** With no listener of telemetry a failure would be invisible, so it is printed, as frameworks do by default. */
  #print(): void {
    const failure = this.#failure;
    if (isSeaworthyError(failure) && failure.status !== 500) return; // a refusal that was meant, such as an overload
    try {
      console.error(scrubSecrets(`${this.method} ${this.#shortPath()} failed: ${inspect(failure)}`));
    } catch {
      console.error(`${this.method} ${this.#shortPath()} failed with an error that cannot be shown`);
    }
  }

  #shortPath(): string {
    return cutText(this.path, LONGEST_LOGGED_PATH);
  }
}
