import { isObject } from "@seaworthy/core/objects";
import {
  boundedString,
  checkOptions,
  finiteNumber,
  flag,
  integer,
  optionalFunction,
  positiveDuration,
  showValue,
  signalOption,
  withDefault,
} from "@seaworthy/core/options";
import { isSensitiveKey } from "@seaworthy/core/redaction";
import type { Dependency, LoginAsk, ProbePaths, RouteAsk, SurveyOptions, Thresholds } from "../options.ts";
import type { AuditResult } from "../report.ts";

/** Options with their defaults. Durations are milliseconds. */
export interface CheckedOptions {
  readonly command: readonly string[] | undefined;
  readonly attach: URL | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port: number | undefined;
  readonly probes: ProbePaths;
  readonly routes: readonly RouteAsk[];
  readonly slowRoute: RouteAsk | undefined;
  readonly login: LoginAsk | undefined;
  readonly errorRoute: RouteAsk | undefined;
  readonly rejectionRoute: RouteAsk | undefined;
  readonly secrets: readonly string[];
  readonly required: readonly string[];
  readonly canaries: readonly string[];
  /** URLs by variable. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** The variables of dependencies without which the service is not ready. */
  readonly critical: ReadonlySet<string>;
  readonly skip: Readonly<Record<string, string>>;
  readonly only: readonly string[] | undefined;
  readonly thresholds: Readonly<Record<keyof Thresholds, number>>;
  readonly ownerAgreed: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onAudit: ((result: AuditResult) => void) | undefined;
}

const OPTIONS = [
  ...["command", "attach", "cwd", "env", "port", "probes", "routes", "slowRoute", "login", "errorRoute"],
  ...["rejectionRoute", "secrets", "required", "canaries", "dependencies", "skip", "only", "thresholds", "ownerAgreed"],
  ...["signal", "onAudit"],
];
const THRESHOLDS = {
  start: 15_000,
  probe: 1000,
  exit: 15_000,
  stuck: 35_000,
  recovery: 15_000,
  upstream: 10_000,
  slowClient: 35_000,
  lag: 250,
} as const;
const DEFAULT_SCORE = 80;
const MAY_BE_ABSENT = "$schema";

/** @throws TypeError that names the option and shows the value */
export function checkedOptions(given: SurveyOptions): CheckedOptions {
  const options = isObject(given)
    ? Object.fromEntries(Object.entries(given).filter(([k]) => k !== MAY_BE_ABSENT))
    : given;
  checkOptions("survey", options, OPTIONS);
  const o: SurveyOptions = options;
  const command = commandOf(o.command);
  const attach = o.attach === undefined ? undefined : urlOf("attach", o.attach);
  if ((command === undefined) === (attach === undefined)) throw new TypeError("survey needs either command or attach");
  const env = strings("env", withDefault(o.env, {}));
  const secrets = withDefault(
    o.secrets,
    Object.keys(env).filter((name) => isSensitiveKey(name)),
  );
  const dependencies = dependenciesOf(withDefault(o.dependencies, {}));
  return {
    command,
    attach,
    cwd: boundedString("cwd", withDefault(o.cwd, process.cwd()), 1, 4096),
    env,
    port: o.port === undefined ? undefined : integer("port", o.port, 1, 65_535),
    probes: probesOf(withDefault(o.probes, {})),
    routes: list("routes", withDefault(o.routes, [])).map((route, at) => routeOf(`routes[${at}]`, route)),
    slowRoute: o.slowRoute === undefined ? undefined : routeOf("slowRoute", o.slowRoute),
    login: o.login === undefined ? undefined : loginOf(o.login),
    errorRoute: o.errorRoute === undefined ? undefined : routeOf("errorRoute", o.errorRoute),
    rejectionRoute: o.rejectionRoute === undefined ? undefined : routeOf("rejectionRoute", o.rejectionRoute),
    secrets: names("secrets", secrets),
    required: names("required", withDefault(o.required, secrets)),
    canaries: names("canaries", withDefault(o.canaries, [])),
    dependencies: Object.fromEntries(dependencies.map(({ name, url }) => [name, url])),
    critical: new Set(dependencies.filter(({ critical }) => critical).map(({ name }) => name)),
    skip: strings("skip", withDefault(o.skip, {})),
    only: o.only === undefined ? undefined : names("only", o.only),
    thresholds: thresholdsOf(withDefault(o.thresholds, {})),
    ownerAgreed: o.ownerAgreed === undefined ? undefined : boundedString("ownerAgreed", o.ownerAgreed, 1, 255),
    signal: signalOption("signal", o.signal),
    onAudit: optionalFunction("onAudit", o.onAudit),
  };
}

function commandOf(command: unknown): readonly string[] | undefined {
  if (command === undefined) return undefined;
  const words = typeof command === "string" ? command.split(/\s+/).filter((word) => word !== "") : command;
  if (!Array.isArray(words) || words.length === 0 || !words.every((word) => typeof word === "string"))
    throw new TypeError(`command must be a string or an array of strings; got ${showValue(command)}`);
  return words;
}

function urlOf(name: string, value: unknown): URL {
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (url === null || url.hostname === "")
    throw new TypeError(`${name} must be a URL with a host; got ${showValue(value)}`);
  return url;
}

interface CheckedDependency {
  readonly name: string;
  readonly url: string;
  readonly critical: boolean;
}

function dependenciesOf(value: unknown): readonly CheckedDependency[] {
  if (!isObject(value)) throw new TypeError(`dependencies must be an object; got ${showValue(value)}`);
  return Object.entries(value).map(([name, given]) => {
    const option = `dependencies.${name}`;
    const parts = typeof given === "string" ? { url: given } : given;
    checkOptions(option, parts, ["url", "critical"]);
    const { url, critical } = parts as Dependency;
    const { protocol } = urlOf(option, url);
    const isHttp = protocol === "http:" || protocol === "https:";
    return { name, url, critical: flag(`${option}.critical`, withDefault(critical, !isHttp)) };
  });
}

function strings(name: string, value: unknown): Record<string, string> {
  if (!isObject(value) || Array.isArray(value))
    throw new TypeError(`${name} must be an object; got ${showValue(value)}`);
  const all: Record<string, string> = {};
  for (const [key, text] of Object.entries(value)) all[key] = boundedString(`${name}.${key}`, text, 0, 65_536);
  return all;
}

function list(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be an array; got ${showValue(value)}`);
  return value;
}

const names = (name: string, value: unknown): readonly string[] =>
  list(name, value).map((text, at) => boundedString(`${name}[${at}]`, text, 1, 4096));

const path = (name: string, value: unknown): string => {
  const text = boundedString(name, value, 1, 2048);
  if (!text.startsWith("/")) throw new TypeError(`${name} must begin with /; got ${showValue(value)}`);
  return text;
};

function routeOf(name: string, value: unknown): RouteAsk {
  checkOptions(name, value, ["method", "path", "headers", "body"]);
  const { method, path: given, headers, body } = value as RouteAsk;
  return {
    method: method === undefined ? "GET" : boundedString(`${name}.method`, method, 1, 20).toUpperCase(),
    path: path(`${name}.path`, given),
    headers: strings(`${name}.headers`, withDefault(headers, {})),
    body,
  };
}

function loginOf(value: unknown): LoginAsk {
  checkOptions("login", value, ["method", "path", "body", "password"]);
  const { method, path: given, body, password } = value as LoginAsk;
  if (!isObject(body) || !JSON.stringify(body).includes("{password}"))
    throw new TypeError("login.body must be an object with the text {password} in one of its strings");
  return {
    method: method === undefined ? "POST" : boundedString("login.method", method, 1, 20).toUpperCase(),
    path: path("login.path", given),
    body,
    password: boundedString("login.password", password, 1, 1024),
  };
}

function probesOf(value: ProbePaths): ProbePaths {
  checkOptions("probes", value, ["live", "ready", "health", "metrics"]);
  return Object.fromEntries(Object.entries(value).map(([name, given]) => [name, path(`probes.${name}`, given)]));
}

function thresholdsOf(given: Thresholds): Record<keyof Thresholds, number> {
  checkOptions("thresholds", given, [...Object.keys(THRESHOLDS), "score"]);
  const limit = (name: keyof typeof THRESHOLDS): number =>
    positiveDuration(`thresholds.${name}`, withDefault(given[name], THRESHOLDS[name]));
  return {
    ...{ start: limit("start"), probe: limit("probe"), exit: limit("exit"), stuck: limit("stuck") },
    ...{ recovery: limit("recovery"), upstream: limit("upstream"), slowClient: limit("slowClient"), lag: limit("lag") },
    score: finiteNumber("thresholds.score", withDefault(given.score, DEFAULT_SCORE), 0, 100),
  };
}
