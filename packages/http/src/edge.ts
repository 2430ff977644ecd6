import type { AuditSink, ByteSize, Clock, Duration, Principal } from "@seaworthy/core";
import type { TrustProxy } from "./client-address.ts";
import type { CorsOptions } from "./cors.ts";
import type { CrossSiteOptions } from "./cross-site.ts";
import type { LimitRule } from "./limits.ts";
import type { ShedOptions } from "./load.ts";
import type { EdgeRequest } from "./messages.ts";
import type { OperationsOptions, ProbePaths } from "./operations.ts";
import type { HealthPort, LifecyclePort, MetricsPort } from "./ports.ts";
import type { HeaderOverrides } from "./security-headers.ts";

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
