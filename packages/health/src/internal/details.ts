import { showValue } from "@seaworthy/core/options";
import type { DetailsDecision } from "../health.ts";
import type { HealthReport } from "../report.ts";

/** Who sees data: every caller, no caller, or those that a function of the host accepts. */
export type Details = "always" | "never" | DetailsDecision;

/** Whether one caller may see details: a boolean, or a promise that never rejects. */
export function mayShowDetails(details: Details | undefined, request: unknown): boolean | Promise<boolean> {
  if (details === "always") return true;
  if (details === "never") return false;
  // Without a request, the caller is the host's own code.
  if (request === undefined) return true;
  if (details === undefined) return false;
  try {
    const answer: unknown = details(request);
    if (typeof answer === "boolean") return answer;
    return Promise.resolve(answer).then(
      (value) => value === true,
      () => false,
    );
  } catch {
    return false;
  }
}

/** @throws TypeError if it is neither one of the words nor a function */
export function checkDetails(details: unknown): void {
  if (details === undefined || details === "always" || details === "never" || typeof details === "function") return;
  throw new TypeError(`details must be "always", "never" or a function; got ${showValue(details)}`);
}

/** The report without data. Codes stay, because they come from closed vocabularies and say why a check failed. */
export function withoutDetails(report: HealthReport): HealthReport {
  const checks: HealthReport["checks"] = {};
  for (const [name, { data: _data, ...rest }] of Object.entries(report.checks)) checks[name] = rest;
  return { ...report, checks };
}
