import { type Clock, type Duration, toBytes, toMilliseconds } from "@seaworthy/core";
import {
  checkOptions,
  clockOption,
  flag,
  integer,
  optionalFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import { type ClientAddress, clientAddress } from "../client-address.ts";
import { type Cors, createCors } from "../cors.ts";
import type { EdgeOptions } from "../edge.ts";
import type { EdgeRequest } from "../messages.ts";
import { securityHeaders } from "../security-headers.ts";
import type { Authorization } from "./authorization.ts";
import { type CrossSiteCheck, crossSiteCheck } from "./cross-site-check.ts";
import { FixedHeaders } from "./fixed-headers.ts";
import { type CheckedRule, checkRule } from "./limit-rules.ts";
import { membersOf } from "./members.ts";
import { createOperations, type Operations } from "./operations.ts";
import { createLoad, type Load } from "./shedding.ts";

const OPTIONS = [
  "health",
  "metrics",
  "lifecycle",
  "cors",
  "headers",
  "limits",
  "authenticate",
  "can",
  "audit",
  "crossSite",
  "trustProxy",
  "problems",
  "probes",
  "context",
  "operationsPort",
  "operations",
  "deadline",
  "bodyLimit",
  "shed",
  "clock",
];
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
    this.clock = clockOption("clock", options.clock);
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
    this.bodyLimit = toBytes(withDefault(options.bodyLimit, "100kb"), "bodyLimit");
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
  if (typeof membersOf(port)[method] !== "function")
    throw new TypeError(`${name} must have ${method}(); got ${showValue(port)}`);
}
