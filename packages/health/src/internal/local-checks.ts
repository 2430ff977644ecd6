import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { failureText } from "@seaworthy/core/listeners";
import { readMember } from "@seaworthy/core/objects";
import { waitAtMost } from "@seaworthy/core/waiting";
import { type HealthReport, statusCode } from "../report.ts";
import type { ProbeResult, ProbeSettings } from "./probe.ts";

/** How to run the checks of a module. */
export interface LocalSettings extends ProbeSettings {
  /** The group whose checks run. @default all checks */
  readonly group: string | undefined;
}

/**
 * Imports a module that exports an object of `createHealth()` as `health` or by default, and runs its checks in this
 * process. Never rejects.
 */
export async function runLocalChecks(file: string, settings: LocalSettings): Promise<ProbeResult> {
  const { timeout, strict, group } = settings;
  const run = async (): Promise<ProbeResult> => {
    const module: unknown = await import(pathToFileURL(resolve(file)).href);
    const health = [readMember(module, "health"), readMember(module, "default")].find(isHealth);
    if (health === undefined) return { ok: false, line: `${file} must export health, an object of createHealth()` };
    const report = await health.report(group);
    const ok = statusCode(report) === 200 && !(strict && report.status !== "healthy");
    return { ok, line: [report.status, ...linesOf(report)].join("\n") };
  };
  const onLimit = (): ProbeResult => ({ ok: false, line: `no report within ${timeout} ms` });
  try {
    return await waitAtMost(run(), { limit: timeout, onLimit, keepAlive: true });
  } catch (error) {
    return { ok: false, line: `${file} failed: ${failureText(error)}` };
  }
}

interface Reporting {
  report(group: string | undefined): Promise<HealthReport>;
}

function isHealth(value: unknown): value is Reporting {
  return typeof readMember(value, "report") === "function" && typeof readMember(value, "add") === "function";
}

/** One line per check. */
function linesOf({ checks }: HealthReport): string[] {
  return Object.entries(checks).map(([name, { status, error, latency }]) => {
    const code = error === undefined ? "" : ` ${error}`;
    return `  ${name}: ${status}${code} (${Math.round(latency)} ms)`;
  });
}
