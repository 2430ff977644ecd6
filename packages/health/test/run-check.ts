import type { Clock } from "@seaworthy/core";
import { type Check, type CheckReport, createHealth } from "../src/index.ts";

/** Runs one check through a report, since that is how it meets the world. */
export async function runCheck(check: Check, clock?: Clock): Promise<CheckReport> {
  const health = createHealth({ timeout: "10s", ...(clock === undefined ? {} : { clock }) });
  health.add("it", check);
  return (await health.report()).checks.it as CheckReport;
}

/** Lets real input and output go on until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
