import { isOpen } from "../target/find-port.ts";
import type { TargetProcess } from "../target/process.ts";
import { until } from "./until.ts";

const GRACE = 500;

/** Waits until a process that should not start has ended. Resolves with `false` if it listens, or lives on for `limit` milliseconds. */
export async function refusesToStart(process: TargetProcess, port: number, limit: number): Promise<boolean> {
  const hasEnded = (): boolean => process.exit !== undefined;
  await until(async () => hasEnded() || (await isOpen(port)), limit);
  // Some services check their configuration after they have begun to listen.
  if (!hasEnded()) await until(hasEnded, GRACE);
  return hasEnded();
}
