import {
  type AuditSink,
  type ByteSize,
  type Clock,
  type Duration,
  type Principal,
  systemClock,
  toBytes,
  toMilliseconds,
} from "@seaworthy/core";
import { checkOptions, clockOption, flag, integer, optionalFunction, showValue } from "@seaworthy/core/options";
import { type ClientAddress, clientAddress, type TrustProxy } from "./client-address.ts";
import { type Cors, type CorsOptions, createCors } from "./cors.ts";
import { type CrossSiteCheck, type CrossSiteOptions, crossSiteCheck } from "./cross-site.ts";
import type { Authorization } from "./internal/authorization.ts";
import { FixedHeaders } from "./internal/fixed-headers.ts";
import type { ProbePaths } from "./internal/probes.ts";
import { type CheckedRule, checkRule, type LimitRule } from "./limits.ts";
import { createLoad, type Load, type ShedOptions } from "./load.ts";
import type { EdgeRequest } from "./messages.ts";
import { createOperations, type Operations, type OperationsOptions } from "./operations.ts";
import type { HealthPort, LifecyclePort, MetricsPort } from "./ports.ts";
import { type HeaderOverrides, securityHeaders } from "./security-headers.ts";

/** The options of every adapter's `edge()`. */
export interface EdgeOptions {
  /** Answers the probes. @default a process that answers is healthy */
  health?: HealthPort;
  /** Answers `/metrics`. @default 404 */
  metrics?: MetricsPort;
  /** Makes `/readyz` fail while the service starts or drains. */
  lifecycle?: LifecyclePort;
  /** Which other origins may call from a browser. @default none */
  cors?: CorsOptions;
  /** Security headers to change, add, or leave out (`false`); `false` alone sends none. @default the defaults of helmet */
  headers?: HeaderOverrides | false;
  /** Rate limits, each counted by a limiter of the host. @default none */
  limits?: readonly LimitRule[];
  /**
   * Returns who makes a request; what it throws is answered as a problem. Probes are never authenticated.
   * @default no principal
   */
  authenticate?: (request: EdgeRequest) => Principal | undefined | Promise<Principal | undefined>;
  /**
   * Decides whether a principal has the permission of a route; only `true` means yes. A request without a principal gets
   * 401, one whose principal lacks the permission gets 403. @default routes cannot have a permission
   */
  can?: (principal: Principal, permission: string, request: EdgeRequest) => boolean | Promise<boolean>;
  /** Keeps an entry about each request that was refused for lack of a permission. @default none */
  audit?: AuditSink;
  /**
   * Refuses unsafe requests that pages of other sites send, by `Sec-Fetch-Site` and `Origin`. `false` lets them in.
   * @default requests that carry cookies are checked
   */
  crossSite?: CrossSiteOptions | false;
  /** How many proxies stand in front, or their subnets. @default false: `X-Forwarded-For` is not believed */
  trustProxy?: TrustProxy;
  /**
   * Whether thrown errors and unknown routes are answered as problem documents. `false` leaves them to the error and 404
   * handlers of the application; what the edge itself refuses is a problem in any case. @default true
   */
  problems?: boolean;
  /** Whether probes are answered; or their paths, each with its group of checks. @default true */
  probes?: boolean | ProbePaths;
  /** Whether handlers run in a context of the request, with its id, trace, principal, deadline and signal. @default true */
  context?: boolean;
  /**
   * Port of a separate listener for the operations endpoints, which then leave the main one; 0 takes a free one. It opens
   * at once and never holds the process open. @default the main listener
   */
  operationsPort?: number;
  /** Who may read metrics, see the details of health and use the endpoints for operators. @default everyone may read metrics */
  operations?: OperationsOptions;
  /**
   * How long a request may take, more than 0; a function decides per request, and `undefined` means that there is no deadline. At its end
   * the context's signal aborts, a body that is still coming is cut off, and the client gets 504, unless the answer has
   * begun. Policies below shorten to it. @default none
   */
  deadline?: Duration | ((request: EdgeRequest) => Duration | undefined);
  /** Largest body that the edge reads itself, 0 to 100 MiB. @default "100kb" */
  bodyLimit?: ByteSize;
  /** Whether requests are refused with 503 under overload, the least important first. Probes never are. @default false */
  shed?: ShedOptions | boolean;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS =
  "health metrics lifecycle cors headers limits authenticate can audit crossSite trustProxy problems probes context operationsPort operations deadline bodyLimit shed clock".split(
    " ",
  );
const LARGEST_BODY = 104_857_600;
/** So many origins have their headers prepared; wildcards and functions can admit any number. */
const MOST_PREPARED = 1000;

/** The edge without a framework: its options checked and its parts made, once. */
export class Edge {
  readonly clock: Clock;
  readonly cors: Cors | undefined;
  /** Limits that need no principal, and those that do. */
  readonly limits: { readonly before: readonly CheckedRule[]; readonly behind: readonly CheckedRule[] };
  /** Whether a request has to wait for anything before it is let in. */
  readonly waits: boolean;
  readonly authenticate: EdgeOptions["authenticate"];
  readonly authorization: Authorization;
  readonly isCrossSite: CrossSiteCheck | undefined;
  readonly clientAddress: ClientAddress;
  readonly hasProblems: boolean;
  readonly hasContext: boolean;
  readonly operations: Operations;
  /** Whether the operations endpoints are on a listener of their own, at this host and port. */
  readonly hasOwnListener: boolean;
  readonly operationsPort: number | undefined;
  readonly operationsHost: string;
  readonly bodyLimit: number;
  readonly load: Load | undefined;
  readonly #deadline: number | ((request: EdgeRequest) => Duration | undefined) | undefined;
  readonly #fixed: FixedHeaders;
  readonly #fixedByOrigin = new Map<string, FixedHeaders>();

  constructor(options: EdgeOptions = {}) {
    checkOptions("edge", options, OPTIONS);
    const { health, metrics, lifecycle, cors, limits = [], authenticate, shed = false, operationsPort } = options;
    const { problems = true, context = true, probes = true } = options;
    checkPort("health", health, "report");
    checkPort("metrics", metrics, "render");
    checkPort("lifecycle", lifecycle, "ready");
    optionalFunction("authenticate", authenticate);
    if (!Array.isArray(limits)) throw new TypeError(`limits must be an array of rules; got ${showValue(limits)}`);
    this.clock = clockOption("clock", options.clock ?? systemClock);
    this.cors = cors === undefined ? undefined : createCors(cors);
    const security = securityHeaders(options.headers);
    this.#fixed = new FixedHeaders([...security, ...(this.cors?.headers(undefined) ?? [])]);
    const rules = limits.map(checkRule);
    this.limits = {
      before: rules.filter(({ byPrincipal }) => !byPrincipal),
      behind: rules.filter(({ byPrincipal }) => byPrincipal),
    };
    this.waits = rules.length > 0 || authenticate !== undefined;
    this.authenticate = authenticate;
    optionalFunction("can", options.can);
    checkPort("audit", options.audit, "record");
    this.authorization = { can: options.can, audit: options.audit };
    const { crossSite = {} } = options;
    const mayCall = (origin: string): boolean => cors?.credentials === true && this.cors?.admits(origin) === true;
    this.isCrossSite = crossSite === false ? undefined : crossSiteCheck(crossSite, mayCall);
    this.clientAddress = clientAddress(options.trustProxy);
    this.hasProblems = flag("problems", problems);
    this.hasContext = flag("context", context);
    this.#deadline = checkDeadline(options.deadline);
    this.bodyLimit = toBytes(options.bodyLimit ?? "100kb", "bodyLimit");
    if (this.bodyLimit > LARGEST_BODY) throw new TypeError(`bodyLimit must be at most 100 MiB; got ${this.bodyLimit}`);
    this.load = shed === false ? undefined : createLoad(shed === true ? {} : shed, this.clock);
    this.operations = createOperations({
      options: options.operations,
      probes,
      health,
      metrics,
      lifecycle,
      audit: options.audit,
      clock: this.clock,
    });
    this.operationsPort =
      operationsPort === undefined ? undefined : integer("operationsPort", operationsPort, 0, 65_535);
    this.hasOwnListener = this.operationsPort !== undefined;
    this.operationsHost = options.operations?.host ?? "127.0.0.1";
  }

  /** The headers of every answer to requests of an origin, besides the request's id. */
  headersFor(origin: string | undefined): FixedHeaders {
    if (origin === undefined || this.cors === undefined) return this.#fixed;
    const known = this.#fixedByOrigin.get(origin);
    if (known !== undefined) return known;
    const own = this.cors.headers(origin);
    if (!own.some(([name]) => name === "access-control-allow-origin")) return this.#fixed;
    const made = new FixedHeaders([...this.#fixed.list.filter(([name]) => name !== "vary"), ...own]);
    // A function may decide otherwise next time.
    if (this.cors.isConstant && this.#fixedByOrigin.size < MOST_PREPARED) this.#fixedByOrigin.set(origin, made);
    return made;
  }

  /** How many milliseconds a request may take. */
  deadlineOf(request: EdgeRequest): number | undefined {
    if (typeof this.#deadline !== "function") return this.#deadline;
    const given = this.#deadline(request);
    return given === undefined ? undefined : positive(given);
  }
}

function checkDeadline(
  given: EdgeOptions["deadline"],
): number | ((request: EdgeRequest) => Duration | undefined) | undefined {
  return given === undefined || typeof given === "function" ? given : positive(given);
}

function positive(deadline: Duration): number {
  const time = toMilliseconds(deadline, "deadline");
  if (time > 0) return time;
  throw new TypeError(`deadline must be more than 0; got ${showValue(deadline)}`);
}

function checkPort(name: string, port: object | undefined, method: string): void {
  if (port === undefined) return;
  if (typeof (port as Record<string, unknown> | null)?.[method] !== "function")
    throw new TypeError(`${name} must have ${method}(); got ${showValue(port)}`);
}
