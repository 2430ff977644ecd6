import { exchange } from "../drive/exchange.ts";
import type { Instance } from "../target/target.ts";

/** The status of a probe, or 0 if it does not answer within two seconds. */
export async function statusOf({ origin }: Instance, path: string, timeout = 2000): Promise<number> {
  const { status = 0, loss } = await exchange(origin, { path, timeout });
  return loss === undefined ? status : 0;
}

/** Whether a status means success. */
export const isGood = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300;
