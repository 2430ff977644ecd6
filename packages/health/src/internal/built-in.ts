import type { Clock, SqlClient } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { showValue } from "@seaworthy/core/options";
import type { Check, CheckOutcome, HealthStatus } from "../check.ts";
import { errors, type HealthCode } from "../errors.ts";
import { frozen } from "./frozen.ts";
import type { Levels } from "./levels.ts";

type Data = Record<string, unknown>;

/**
 * Marks the outcome of a built-in check. Its data contains numbers, fixed words, and names that the host itself gave to the
 * check. It is shown as it is: a queue called `orders.created` would otherwise look like the name of a host.
 */
export const CLEAN: unique symbol = Symbol("seaworthy.health.clean");

/** What a built-in check found: every flaw, the worst of which decides. */
export class Findings {
  readonly data: Data = {};
  #status: HealthStatus = "healthy";
  #error: HealthCode | undefined;

  /** Notes a flaw. The first one of the worst kind gives the code. */
  add(status: "degraded" | "unhealthy", code: HealthCode): void {
    if (this.#status === "unhealthy" || this.#status === status) return;
    this.#status = status;
    this.#error = code;
  }

  /** Compares a measured value with its thresholds, and notes a flaw if one of them is reached. */
  judge(value: number, levels: Levels, code: HealthCode): void {
    const status = levels.statusOf(value);
    if (status !== "healthy") this.add(status, code);
  }

  outcome(): CheckOutcome {
    const data = frozen(this.data);
    const error = this.#error === undefined ? undefined : { error: this.#error };
    return Object.defineProperty({ status: this.#status, data, ...error }, CLEAN, { value: data });
  }
}

/** Marks a check as one of a remote system, so that group `live` refuses it. */
export function remote(check: (signal: AbortSignal) => Promise<CheckOutcome>): Check {
  return Object.assign(check, { remote: true as const });
}

/** Ends a check between two of its steps if its time is over. */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw errors.HEALTH_CHECK_TIMEOUT();
}

/** Milliseconds since `start` on the clock, to the microsecond. */
export function elapsed(clock: Clock, start: number): number {
  return Math.round((clock.monotonic() - start) * 1000) / 1000;
}

/** A share with three decimals. */
export function ratio(part: number, whole: number): number {
  return whole > 0 ? Math.round((part / whole) * 1000) / 1000 : 0;
}

function isSqlClient(client: unknown): client is SqlClient {
  return typeof readMember(client, "query") === "function";
}

/**
 * A client of PostgreSQL.
 *
 * @throws TypeError if it has no `query` method
 */
export function sqlClient(client: unknown): SqlClient {
  if (isSqlClient(client)) return client;
  throw new TypeError(`client must have a query method, like a pg.Pool or PGlite; got ${showValue(client)}`);
}

/** A member of any value if it is a finite number. */
export function numberMember(value: unknown, key: string): number | undefined {
  const found = readMember(value, key);
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}
