import type { AuditSink, Clock } from "@seaworthy/core";
import { boundedString, checkOptions, flag, optionalFunction, showValue } from "@seaworthy/core/options";
import type { Answer } from "../messages.ts";
import type { OperationsOptions, ProbePaths } from "../operations.ts";
import type { HealthPort, LifecyclePort, MetricsPort } from "../ports.ts";
import type { EdgeExchange } from "./exchange-parts.ts";
import { isAllowed, type Judge, refusalOf } from "./operator-access.ts";
import { OperatorEndpoints } from "./operator-endpoints.ts";
import { checkProbes, createProbes, scrape } from "./probes.ts";

/** Answers the operations endpoints. */
export interface Operations {
  /** The answer to a probe or a scrape, or `undefined` if the request is neither. */
  answer(exchange: EdgeExchange): Promise<Answer> | undefined;
  /** Whether the request is for an endpoint that is guarded; it passes limits and authentication first. */
  guards(exchange: EdgeExchange): boolean;
  /** Answers such a request. */
  answerGuarded(exchange: EdgeExchange): Promise<Answer>;
}

interface Parts {
  options: OperationsOptions | undefined;
  probes: ProbePaths | boolean;
  health: HealthPort | undefined;
  metrics: MetricsPort | undefined;
  lifecycle: LifecyclePort | undefined;
  audit: AuditSink | undefined;
  clock: Clock;
}

const OPTIONS = ["authorize", "metrics", "logger", "profiling", "paths", "host"];

/**
 * Probes, metrics and the endpoints for operators. Probes are answered even if no health is given: a process that answers
 * is alive, and ready if the lifecycle says so.
 *
 * @throws TypeError if an option is malformed
 */
export function createOperations(parts: Parts): Operations {
  const { options = {}, probes, health, metrics, lifecycle, clock } = parts;
  checkOptions("operations", options, OPTIONS);
  const { authorize, metrics: access = "everyone" } = options;
  checkAccess(options);
  const paths = checkProbes(probes, metrics !== undefined);
  const probe = createProbes({ health, lifecycle, authorize, clock });
  const operators = operatorEndpoints(options, parts);
  const judge: Judge | undefined = typeof access === "function" ? access : authorize;
  const isRead = ({ method }: EdgeExchange): boolean => method === "GET" || method === "HEAD";
  return {
    answer(exchange) {
      const group = paths.get(exchange.path);
      if (group === undefined || !isRead(exchange)) return undefined;
      if (group !== "metrics") {
        exchange.route = exchange.path;
        return probe(exchange, group);
      }
      if (access !== "everyone" || metrics === undefined) return undefined;
      exchange.route = exchange.path;
      return scrape(exchange, metrics);
    },
    guards: (exchange) =>
      operators?.has(exchange) === true || (isRead(exchange) && paths.get(exchange.path) === "metrics"),
    async answerGuarded(exchange) {
      exchange.route = exchange.path;
      if (operators?.has(exchange) === true) return operators.answer(exchange);
      const allowed = metrics !== undefined && (await isAllowed(judge, exchange));
      return allowed ? scrape(exchange, metrics) : exchange.problem(refusalOf(exchange));
    },
  };
}

function checkAccess({ authorize, metrics = "everyone", logger, host, profiling = false }: OperationsOptions): void {
  optionalFunction("operations.authorize", authorize);
  if (metrics !== "everyone" && metrics !== "authorized" && typeof metrics !== "function")
    throw new TypeError(`operations.metrics must be "everyone", "authorized" or a function; got ${showValue(metrics)}`);
  if (metrics === "authorized" && authorize === undefined)
    throw new TypeError('operations.metrics is "authorized", but there is no operations.authorize');
  if (logger !== undefined && typeof logger?.level !== "string")
    throw new TypeError(`operations.logger must have a level; got ${showValue(logger)}`);
  if (host !== undefined) boundedString("operations.host", host);
  if (flag("operations.profiling", profiling) && authorize === undefined)
    throw new TypeError("operations.profiling needs operations.authorize, which decides who may; got none");
}

function operatorEndpoints(options: OperationsOptions, { audit, clock }: Parts): OperatorEndpoints | undefined {
  const { authorize, logger, profiling = false, paths = {} } = options;
  if (authorize === undefined) return undefined;
  return new OperatorEndpoints({ authorize, logger, hasProfiling: profiling, paths, audit, clock });
}
