import type { TimelinePoint } from "../evidence.ts";
import { isOpen } from "../target/find-port.ts";
import type { TargetProcess } from "../target/process.ts";
import { within } from "./until.ts";

/** What was seen while a process ended. */
export interface Ending {
  /** How it ended, such as `"code 0"` or `"SIGTERM"`; `undefined` if it was still there at the end of the time. */
  readonly how: string | undefined;
  readonly code: number | null | undefined;
  /** Milliseconds from the signal. */
  readonly after: number;
}

/** Sends a signal and waits until the process has ended, at most for `limit` milliseconds. */
export async function endBy(process: TargetProcess, signal: NodeJS.Signals, limit: number): Promise<Ending> {
  const begun = performance.now();
  process.signal(signal);
  const exit = await within(limit, process.ended);
  const after = performance.now() - begun;
  if (exit === undefined) return { how: undefined, code: undefined, after };
  return { how: exit.signal ?? `code ${exit.code}`, code: exit.code, after };
}

/** Collects moments of a timeline. */
export function timeline(): { mark(what: string): void; points: TimelinePoint[] } {
  const begun = performance.now();
  const points: TimelinePoint[] = [];
  return { points, mark: (what) => void points.push({ at: Math.round(performance.now() - begun), what }) };
}

/** Whether nothing of a process is left: no member of its group, and nothing on its port. */
export async function isClean(process: TargetProcess, port: number): Promise<string | undefined> {
  if (process.hasSurvivors) return "a process that it started is still there";
  return (await isOpen(port)) ? `port ${port} still accepts connections` : undefined;
}
