import { type Context, cutText, type Principal, type Problem, parseTraceparent, toProblem } from "@seaworthy/core";
import type { Edge } from "./edge.ts";
import { errors } from "./errors.ts";
import type { CheckedRule } from "./limits.ts";
import { requestId } from "./request-id.ts";
import { rejectedEvent, requestEvent } from "./telemetry.ts";
import { translate } from "./translate.ts";

/** A header's name, in lower case, and its value. */
export type Header = readonly [name: string, value: string];

/** What the edge reads of a request, whatever the framework. */
export interface Incoming {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Behind the question mark; empty without one. */
  readonly query: string;
  /** Of the socket's other end. */
  readonly socketAddress: string | undefined;
  /** The value of a header by its lower-case name; repeated ones joined as HTTP joins them. */
  header(name: string): string | undefined;
}

/** A request as the edge's hooks see it. */
export interface EdgeRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** The client's address, as far as trusted proxies tell it. */
  readonly address: string;
  /** Who asks, once `authenticate` has told. */
  readonly principal?: Principal | undefined;
  header(name: string): string | undefined;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: string;
}

/** What takes the headers of an answer: a `ServerResponse`, or whatever stands for it. */
export interface HeaderTarget {
  setHeader(name: string, value: string): unknown;
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const LONGEST_LOGGED_PATH = 512;

/** One request on its way through the edge: what every adapter drives, in the same order. */
export class Exchange implements EdgeRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  principal: Principal | undefined;
  /** The template, where the edge itself answers; else the framework knows it. */
  route: string | undefined;
  private readonly edge: Edge;
  private readonly incoming: Incoming;
  /** Whether it came by the operations listener. */
  private readonly apart: boolean;
  private readonly started: number;
  private readonly gone = new AbortController();
  private target: HeaderTarget | undefined;
  private due: number | undefined;
  private told: string | undefined;
  private failure: unknown;
  private broken = false;
  private ended = false;

  constructor(edge: Edge, incoming: Incoming, apart = false) {
    this.edge = edge;
    this.incoming = incoming;
    this.apart = apart;
    this.started = edge.clock.monotonic();
    this.method = incoming.method;
    this.path = incoming.path;
    this.query = incoming.query;
    this.id = requestId(incoming.header("x-request-id"));
  }

  get address(): string {
    const { incoming } = this;
    this.told ??= this.edge.clientAddress(incoming.socketAddress, incoming.header("x-forwarded-for"));
    return this.told;
  }

  header(name: string): string | undefined {
    return this.incoming.header(name);
  }

  /** What holds for everything done on behalf of this request. */
  context(): Context {
    const { deadline, clock } = this.edge;
    const context: { -readonly [K in keyof Context]: Context[K] } = {
      correlationId: this.id,
      signal: this.gone.signal,
    };
    const traceparent = this.incoming.header("traceparent");
    if (traceparent !== undefined && parseTraceparent(traceparent) !== undefined) context.traceparent = traceparent;
    if (deadline !== undefined) {
      this.due ??= clock.now() + deadline; // the context may be entered again, and later
      context.deadline = this.due;
    }
    if (this.principal !== undefined) context.principal = this.principal;
    return context;
  }

  /** Writes the headers of every answer to this request; those of limits follow when they have decided. */
  dress(target: HeaderTarget): void {
    const { cors, securityHeaders } = this.edge;
    this.target = target;
    target.setHeader("x-request-id", this.id);
    for (const header of securityHeaders) target.setHeader(header[0], header[1]);
    if (cors === undefined) return;
    for (const header of cors.headers(this.incoming.header("origin"))) target.setHeader(header[0], header[1]);
  }

  /** The edge's own answer, or `undefined` to let the request in. Throws or rejects with what a hook threw. */
  admit(): Answer | undefined | Promise<Answer | undefined> {
    const { edge } = this;
    const operations = edge.operationsApart === this.apart ? edge.operations : undefined;
    const probe = operations?.answer(this);
    if (probe !== undefined) return probe;
    const own = this.preflight() ?? this.shed();
    if (own !== undefined) return own;
    const governs = operations?.governs(this) === true;
    return edge.waits || governs ? this.enter(governs) : undefined;
  }

  private preflight(): Answer | undefined {
    if (this.method !== "OPTIONS" || this.incoming.header("access-control-request-method") === undefined)
      return undefined;
    const origin = this.incoming.header("origin");
    if (origin === undefined) return undefined;
    // Without the headers that allow it, the browser does not send the request; the status says nothing to scripts.
    const headers = this.edge.cors?.preflight(origin);
    if (headers === undefined) this.rejected("origin");
    return { status: 204, headers: headers ?? [["vary", "Origin"]], body: "" };
  }

  private shed(): Answer | undefined {
    const { load } = this.edge;
    if (load === undefined || !load.overloaded()) return undefined;
    this.rejected("overload");
    return this.problem(errors.HTTP_OVERLOADED({}, { retryAfter: load.retryAfter }));
  }

  /** Limits that need no principal come first, so that guessing credentials is limited too. */
  private async enter(governs: boolean): Promise<Answer | undefined> {
    const { limits, authenticate, operations } = this.edge;
    const early = limits.before.length === 0 ? undefined : await this.limit(limits.before);
    if (early !== undefined) return early;
    if (authenticate !== undefined) this.principal = principalOf(await authenticate(this));
    const late = limits.behind.length === 0 ? undefined : await this.limit(limits.behind);
    return late ?? (governs ? operations.govern(this) : undefined);
  }

  private async limit(rules: readonly CheckedRule[]): Promise<Answer | undefined> {
    for (const rule of rules) {
      if (!rule.matches(this)) continue;
      const decision = await rule.limiter.consume(rule.keyOf(this));
      const told = rule.headers?.(decision);
      for (const name in told) this.target?.setHeader(name.toLowerCase(), String(told[name]));
      if (decision.allowed) continue;
      this.rejected("limit");
      const { retryAfter } = decision;
      return this.problem(
        errors.HTTP_RATE_LIMITED({}, Number(retryAfter) >= 0 && retryAfter !== Infinity ? { retryAfter } : {}),
      );
    }
    return undefined;
  }

  private rejected(reason: string): void {
    if (rejectedEvent.active)
      rejectedEvent.emit({ reason }, undefined, { method: this.method, path: this.shortPath() });
  }

  /**
   * Whatever was thrown, as problem+json (RFC 9457); what is the service's own fault goes into the request's event.
   *
   * @param bodyLimit - of the route, where the framework reads bodies
   */
  problem(thrown: unknown, bodyLimit?: number): Answer {
    const problem: Problem = toProblem(translate(thrown, bodyLimit), { correlationId: this.id });
    if (problem.status >= 500) this.failed(thrown);
    const headers: Header[] = [
      ["content-type", "application/problem+json; charset=utf-8"],
      ["cache-control", "no-store"],
    ];
    if (typeof problem.retryAfter === "number") headers.push(["retry-after", String(problem.retryAfter)]);
    if (problem.status === 401) headers.push(["www-authenticate", "Bearer"]);
    return { status: problem.status, headers, body: JSON.stringify(problem) };
  }

  /** Notes what went wrong; `broken` when the answer had begun and is cut short for it. */
  failed(thrown: unknown, broken = false): void {
    this.failure ??= thrown ?? new Error(`${String(thrown)} was thrown`);
    if (broken) this.broken = true;
  }

  /**
   * Ends the exchange, once: tells of it by one event and aborts the context's signal if nobody waits any more.
   *
   * @param status - of the answer; `undefined` when it was not completed
   * @param route - the matched template
   */
  end(status: number | undefined, route: string | undefined): void {
    if (this.ended) return;
    this.ended = true;
    if (status === undefined) this.gone.abort(new Error("the client left before the answer was complete"));
    if (!requestEvent.active) return;
    const seconds = (this.edge.clock.monotonic() - this.started) / 1000;
    const labels = {
      // Clients can invent methods; a label may not take what they invent.
      method: METHODS.has(this.method) ? this.method : "OTHER",
      route: this.route ?? route ?? "unmatched",
      status: status ?? (this.broken ? 500 : 499),
    };
    const details: Record<string, unknown> = { path: this.shortPath(), address: this.address };
    if (this.principal !== undefined) details.principal = this.principal.id;
    if (this.failure !== undefined) details.error = this.failure;
    requestEvent.emit(labels, seconds, details);
  }

  private shortPath(): string {
    return cutText(this.path, LONGEST_LOGGED_PATH);
  }
}

/** `null` is nobody, as many libraries say it. Without an id, idempotency keys of several callers would be one's. */
function principalOf(given: Principal | null | undefined): Principal | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given.id === "string" && given.id !== "") return given;
  throw new TypeError(`authenticate must give a principal with a text as its id; got ${typeof given}`);
}
