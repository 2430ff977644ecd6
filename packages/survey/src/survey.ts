import type { Audit, Verdict } from "./audit.ts";
import { AUDITS } from "./audits/index.ts";
import { errors } from "./errors.ts";
import { type CheckedOptions, checkedOptions } from "./internal/check-options.ts";
import { redactor } from "./internal/redactor.ts";
import type { SurveyOptions } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { FaultProxy } from "./proxy/fault-proxy.ts";
import type { AuditResult, SurveyReport } from "./report.ts";
import { type AuditRun, createRun } from "./run.ts";
import { scoreOf } from "./score.ts";
import { Target } from "./target/target.ts";

/**
 * Surveys a service: starts it or attaches to it, drives it over HTTP, breaks its dependencies, sends it signals, and
 * returns what it saw. Everything that it started is stopped when the promise settles.
 *
 * @throws TypeError if an option is malformed
 * @throws SURVEY_TARGET_REFUSED if `attach` names another machine and `ownerAgreed` does not name its host
 * @throws SURVEY_START_FAILED if the service does not start
 * @throws SURVEY_INTERRUPTED if the signal aborted
 * @example
 * ```ts
 * import { survey } from "@seaworthy/survey";
 * const server = `require("node:http").createServer((_, answer) => answer.end("hi")).listen(process.env.PORT)`;
 * const report = await survey({ command: [process.execPath, "-e", server], only: ["errors/no-banner"] });
 * console.log(report.score); // 100
 * ```
 */
export async function survey(given: SurveyOptions): Promise<SurveyReport> {
  const options = checkedOptions(given);
  checkTarget(options);
  const audits = AUDITS.filter(({ id }) => isWanted(id, options.only));
  const begun = Date.now();
  const secrets = [...options.canaries, ...options.secrets.map((name) => options.env[name] ?? "")].filter(
    (v) => v !== "",
  );
  const redact = redactor(secrets);
  const proxies = await startProxies(options);
  const urls = Object.fromEntries([...proxies].map(([name, { port }]) => [name, proxied(options, name, port)]));
  const target = new Target(options, urls, redact);
  try {
    const { found } = await target.instance();
    const results: AuditResult[] = [];
    for (const audit of audits) {
      if (options.signal?.aborted === true) throw errors.SURVEY_INTERRUPTED();
      const run = (): AuditRun => createRun({ options, target, proxies, secrets }, redact);
      const result = await resultOf(audit, options, run, redact);
      results.push(result);
      options.onAudit?.(result);
      await heal(proxies);
    }
    const { routes, ...places } = found;
    return {
      version: 1,
      at: new Date(begun).toISOString(),
      target: redact(options.command?.join(" ") ?? String(options.attach)),
      duration: Date.now() - begun,
      ...scoreOf(results),
      found: Object.fromEntries(Object.entries(places).filter(([, path]) => path !== undefined)) as Record<
        string,
        string
      >,
      audits: results,
    };
  } finally {
    await target.stop();
    await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
  }
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

function checkTarget({ attach, ownerAgreed }: CheckedOptions): void {
  if (attach === undefined || LOOPBACK.test(attach.hostname) || attach.hostname === ownerAgreed) return;
  throw errors.SURVEY_TARGET_REFUSED({ host: attach.hostname });
}

const isWanted = (id: string, only: readonly string[] | undefined): boolean =>
  only === undefined || only.some((name) => name === id || name === id.split("/")[0]);

async function startProxies({ dependencies }: CheckedOptions): Promise<ReadonlyMap<string, FaultProxy>> {
  const all = new Map<string, FaultProxy>();
  for (const [name, text] of Object.entries(dependencies)) {
    const url = new URL(text);
    all.set(name, await FaultProxy.start(url.hostname.replace(/^\[|\]$/g, ""), portOf(url)));
  }
  return all;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "postgres:": 5432,
  "postgresql:": 5432,
  "mysql:": 3306,
  "redis:": 6379,
  "rediss:": 6379,
  "amqp:": 5672,
  "mongodb:": 27_017,
  "nats:": 4222,
};

function portOf(url: URL): number {
  const port = url.port === "" ? DEFAULT_PORTS[url.protocol] : Number(url.port);
  if (port === undefined) throw new TypeError(`dependencies: ${url.protocol}//… needs a port`);
  return port;
}

function proxied({ dependencies }: CheckedOptions, name: string, port: number): string {
  const text = dependencies[name] ?? "";
  const url = new URL(text);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  // A URL without a path does not get one, because services append theirs.
  return url.pathname === "/" && !text.endsWith("/") ? url.href.replace(/\/$/, "") : url.href;
}

async function heal(proxies: ReadonlyMap<string, FaultProxy>): Promise<void> {
  for (const proxy of proxies.values()) if (proxy.fault.kind !== "none") await proxy.set({ kind: "none" });
}

const ORDER: readonly Outcome[] = ["not-applicable", "pass", "error", "fail"];

async function resultOf(
  audit: Audit,
  options: CheckedOptions,
  prepare: () => AuditRun,
  redact: (text: string) => string,
): Promise<AuditResult> {
  const { id, title, severity, times = 1 } = audit;
  const group = groupOf(audit);
  const begun = performance.now();
  const skipped = options.skip[id] ?? options.skip[group];
  const outcomes: Outcome[] = [];
  let worst: Omit<AuditResult, "id" | "group" | "title" | "severity" | "duration" | "wavered"> | undefined;
  for (let turn = 0; turn < times; turn++) {
    const run = prepare();
    const { outcome, reason } = await verdictOf(audit, run, skipped);
    outcomes.push(outcome);
    if (worst === undefined || ORDER.indexOf(outcome) > ORDER.indexOf(worst.outcome))
      worst = { outcome, reason: redact(reason), evidence: run.evidence.pieces };
    if (outcome === "not-applicable") break;
  }
  const duration = performance.now() - begun;
  const wavered = new Set(outcomes).size > 1 ? { wavered: outcomes } : {};
  const { outcome, reason, evidence } = worst ?? { outcome: "error", reason: "the audit did not run", evidence: [] };
  return { id, group, title, severity, outcome, reason, evidence, duration, ...wavered };
}

const groupOf = ({ id }: Audit): AuditResult["group"] => id.slice(0, id.indexOf("/")) as AuditResult["group"];

async function verdictOf(
  audit: Audit,
  run: AuditRun,
  skipped: string | undefined,
): Promise<{ outcome: Outcome; reason: string }> {
  if (skipped !== undefined) return { outcome: "not-applicable", reason: `skipped: ${skipped}` };
  if (audit.needsProcess === true && run.options.attach !== undefined)
    return { outcome: "not-applicable", reason: "It needs a service that the survey starts." };
  try {
    const verdict: Verdict = await audit.run(run);
    return verdict;
  } catch (error) {
    return { outcome: "error", reason: error instanceof Error ? error.message : String(error) };
  }
}
