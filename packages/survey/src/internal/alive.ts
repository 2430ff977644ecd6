import { exchange } from "../drive/exchange.ts";
import type { AuditRun } from "../run.ts";

/** Whether the service still answers, in the process in which it was. */
export async function isAlive({ target }: AuditRun): Promise<boolean> {
  const instance = await target.instance();
  const path = instance.found.live ?? instance.found.routes[0]?.path ?? "/";
  const { loss } = await exchange(instance.origin, { path, timeout: 5000 });
  return loss === undefined;
}
