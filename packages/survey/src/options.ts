import type { Duration } from "@seaworthy/core";
import type { AuditResult } from "./report.ts";

/** A request that the survey may send. */
export interface RouteAsk {
  /** @default "GET" */
  method?: string;
  /** Path and query, beginning with `/`. */
  path: string;
  headers?: Record<string, string>;
  /** A string is sent as it is, any other value as JSON. */
  body?: unknown;
}

/** A login with a password. */
export interface LoginAsk {
  /** @default "POST" */
  method?: string;
  path: string;
  /** Sent as JSON. The text `{password}` in a string stands for the password. */
  body: Record<string, unknown>;
  /** The right password of an account that exists. The audit locks the account. */
  password: string;
}

/** Paths of the endpoints for operators. What is missing is looked for at the usual places. */
export interface ProbePaths {
  live?: string;
  ready?: string;
  health?: string;
  metrics?: string;
}

/** Limits of what passes. */
export interface Thresholds {
  /** From the start of the process to the first answer. @default "15s" */
  start?: Duration;
  /** One answer of a probe. @default "1s" */
  probe?: Duration;
  /** From SIGTERM to the end of a process that has nothing to do. @default "15s" */
  exit?: Duration;
  /** From SIGTERM to the end of a process with a request that never ends. @default "35s" */
  stuck?: Duration;
  /** From the end of a fault to readiness. @default "15s" */
  recovery?: Duration;
  /** One answer while a dependency hangs. @default "10s" */
  upstream?: Duration;
  /** The 99th percentile of liveness under load. @default "250ms" */
  lag?: Duration;
  /** How long a connection may stay open that sends its request too slowly. @default "35s" */
  slowClient?: Duration;
  /** The lowest score with which the program exits with 0, from 0 to 100. @default 80 */
  score?: number;
}

/** Something that the service depends on. */
export interface Dependency {
  url: string;
  /** Whether the service cannot work without it, so that readiness has to fail. @default false for HTTP, true for others */
  critical?: boolean;
}

/** What is surveyed, and what the survey cannot find out for itself. */
export interface SurveyOptions {
  /** The program and its arguments. A string is split at spaces. Either this or `attach` is needed. */
  command?: string | readonly string[];
  /** The URL of a service that is running already. Audits that start or stop it do not apply. */
  attach?: string;
  /** @default the current folder */
  cwd?: string;
  /** Variables for the service, besides PATH, HOME and the other variables of the survey's own environment. */
  env?: Record<string, string>;
  /** The port on which the service listens. @default a free one is passed in PORT, and the actual one is looked for */
  port?: number;
  probes?: ProbePaths;
  /** Routes that answer with 2xx. The first one is put under load. @default `/`, or a probe */
  routes?: readonly RouteAsk[];
  /** A route that takes 1 to 10 seconds and then answers with 2xx. */
  slowRoute?: RouteAsk;
  login?: LoginAsk;
  /** A route that fails inside with a status of 500 or more. */
  errorRoute?: RouteAsk;
  /** A route that leaves a rejected promise without a handler behind. */
  rejectionRoute?: RouteAsk;
  /** Variables of `env` without which the service must not start because they are secret. @default the names in `env` that look like secrets */
  secrets?: readonly string[];
  /** Variables of `env` without which the service must not start. @default those of `secrets` */
  required?: readonly string[];
  /** Values that must appear in no output and in no report. @default the values of `secrets` */
  canaries?: readonly string[];
  /** What the service depends on, by the variable in which it expects the URL. Each is put behind a proxy. */
  dependencies?: Record<string, string | Dependency>;
  /** Audits or groups by id: `false` with a reason, as in `{ "protection/burst": "limits are in the gateway" }`. */
  skip?: Record<string, string>;
  /** Runs only these audits or groups. @default all */
  only?: readonly string[];
  thresholds?: Thresholds;
  /** A host other than this machine that may be surveyed by `attach`, because its owner has agreed. */
  ownerAgreed?: string;
  /** Ends the survey; what it started is stopped. */
  signal?: AbortSignal;
  /** Is called after each audit. */
  onAudit?: (result: AuditResult) => void;
}

/** Returns its argument; the types and the editor know what it may contain. */
export function defineSurvey(options: SurveyOptions): SurveyOptions {
  return options;
}
