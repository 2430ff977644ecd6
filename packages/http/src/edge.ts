import {
  type ByteSize,
  type Clock,
  type Duration,
  type Principal,
  systemClock,
  toBytes,
  toMilliseconds,
} from "@seaworthy/core";
import { checkOptions, optionalFunction, showValue, soundClock, wholeNumber } from "@seaworthy/core/options";
import { type ClientAddress, clientAddress, type TrustProxy } from "./client-address.ts";
import { type Cors, type CorsOptions, createCors } from "./cors.ts";
import { type EdgeRequest, Exchange, type Header, type Incoming } from "./exchange.ts";
import { type CheckedRule, checkRule, type LimitRule } from "./limits.ts";
import { createLoad, type Load, type ShedOptions } from "./load.ts";
import {
  createOperations,
  type HealthPort,
  type LifecyclePort,
  type MetricsPort,
  type Operations,
  type OperationsOptions,
} from "./operations.ts";
import { type HeaderOverrides, securityHeaders } from "./security-headers.ts";

/** What every adapter's `edge()` takes. */
export interface EdgeOptions {
  /** Answers `/livez`, `/readyz` and `/healthz`. @default a process that answers is healthy */
  health?: HealthPort;
  /** Answers `/metrics`. @default 404 */
  metrics?: MetricsPort;
  /** Makes `/readyz` fail while the service starts or drains. */
  lifecycle?: LifecyclePort;
  /** Which other origins may call from a browser. @default none */
  cors?: CorsOptions;
  /** Security headers to change, add, or leave out (`false`); `false` alone sends none. @default helmet's defaults */
  headers?: HeaderOverrides | false;
  /** Rate limits, each counted by a limiter of the host's. @default none */
  limits?: readonly LimitRule[];
  /**
   * Tells who asks; what it throws is answered as a problem. Probes are never asked.
   * @default nobody is known
   */
  authenticate?: (request: EdgeRequest) => Principal | undefined | Promise<Principal | undefined>;
  /** How many proxies stand in front, or their subnets. @default false: `X-Forwarded-For` is not believed */
  trustProxy?: TrustProxy;
  /**
   * Port of a listener of their own for the operations endpoints, which then leave the main one; 0 takes a free one.
   * It opens at once and never holds the process open. @default the main listener
   */
  operationsPort?: number;
  /** Who may change the log level, and of which logger. @default nobody */
  operations?: OperationsOptions;
  /** How long a request may take; put into the context, so that policies below shorten. @default none */
  deadline?: Duration;
  /** Most bytes of a body that the edge reads itself, 0 to 100 MiB. @default "100kb" */
  bodyLimit?: ByteSize;
  /** Whether requests are refused with 503 while the event loop is behind. Probes never are. @default false */
  shed?: ShedOptions | boolean;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS =
  "health metrics lifecycle cors headers limits authenticate trustProxy operationsPort operations deadline bodyLimit shed clock".split(
    " ",
  );
const LARGEST_BODY = 104_857_600;

/** The edge without a framework: its options checked and its parts made, once. */
export class Edge {
  readonly clock: Clock;
  readonly cors: Cors | undefined;
  readonly securityHeaders: readonly Header[];
  /** Limits that need no principal, and those that do. */
  readonly limits: { readonly before: readonly CheckedRule[]; readonly behind: readonly CheckedRule[] };
  /** Whether a request has to wait for anything before it is let in. */
  readonly waits: boolean;
  readonly authenticate: EdgeOptions["authenticate"];
  readonly clientAddress: ClientAddress;
  readonly operations: Operations;
  /** Whether the operations endpoints are on a listener of their own, at this host and port. */
  readonly operationsApart: boolean;
  readonly operationsPort: number | undefined;
  readonly operationsHost: string | undefined;
  readonly deadline: number | undefined;
  readonly bodyLimit: number;
  readonly load: Load | undefined;

  constructor(options: EdgeOptions = {}) {
    checkOptions("edge", options, OPTIONS);
    const {
      health,
      metrics,
      lifecycle,
      cors,
      limits = [],
      authenticate,
      deadline,
      shed = false,
      operationsPort,
    } = options;
    checkPort("health", health, "report");
    checkPort("metrics", metrics, "render");
    checkPort("lifecycle", lifecycle, "ready");
    optionalFunction("authenticate", authenticate);
    if (!Array.isArray(limits)) throw new TypeError(`limits must be a list of rules; got ${showValue(limits)}`);
    this.clock = soundClock("clock", options.clock ?? systemClock);
    this.cors = cors === undefined ? undefined : createCors(cors);
    this.securityHeaders = securityHeaders(options.headers);
    const rules = limits.map(checkRule);
    this.limits = {
      before: rules.filter(({ byPrincipal }) => !byPrincipal),
      behind: rules.filter(({ byPrincipal }) => byPrincipal),
    };
    this.waits = rules.length > 0 || authenticate !== undefined;
    this.authenticate = authenticate;
    this.clientAddress = clientAddress(options.trustProxy);
    this.deadline = deadline === undefined ? undefined : toMilliseconds(deadline, "deadline");
    this.bodyLimit = toBytes(options.bodyLimit ?? "100kb", "bodyLimit");
    if (this.bodyLimit > LARGEST_BODY) throw new TypeError(`bodyLimit must be at most 100 MiB; got ${this.bodyLimit}`);
    this.load = shed === false ? undefined : createLoad(shed === true ? {} : shed, this.clock);
    this.operations = createOperations({ options: options.operations, health, metrics, lifecycle, clock: this.clock });
    this.operationsPort =
      operationsPort === undefined ? undefined : wholeNumber("operationsPort", operationsPort, 0, 65_535);
    this.operationsApart = this.operationsPort !== undefined;
    this.operationsHost = options.operations?.host;
  }

  /** One request enters, perhaps by the operations listener. */
  begin(incoming: Incoming, apart = false): Exchange {
    return new Exchange(this, incoming, apart);
  }
}

function checkPort(name: string, port: object | undefined, method: string): void {
  if (port === undefined) return;
  if (typeof (port as Record<string, unknown> | null)?.[method] !== "function")
    throw new TypeError(`${name} must have ${method}(); got ${showValue(port)}`);
}
