import {
  type Clock,
  type Duration,
  type HeldLease,
  type Lease,
  type SqlMigration,
  startTimer,
  systemClock,
} from "@seaworthy/core";
import { boundedString, checkOptions, positiveDuration, requiredFunction } from "@seaworthy/core/options";
import { errors } from "./errors.ts";
import { Database } from "./internal/database.ts";
import { limit } from "./internal/settings.ts";
import { migrate } from "./migrate.ts";
import type { Postgres } from "./postgres.ts";

/** The table of leases; {@link postgresLease} applies it at its first use, as the set `seaworthy.leases`. */
export const leaseMigrations: readonly SqlMigration[] = [
  {
    id: "001_leases",
    statements: [
      "create table seaworthy_leases (name text primary key, fence bigint not null, expires_at timestamptz not null)",
    ],
  },
];

/** Options of {@link postgresLease}. */
export interface PostgresLeaseOptions {
  clock?: Clock;
}

// Three renewals may fail or be late before the lease ends.
const RENEWALS = 4;

/**
 * Leases in a table: a right that one process at a time holds, which ends by itself if its holder dies. Times are the
 * server's, so that clocks of hosts may differ.
 *
 * @throws TypeError if `db` or an option is malformed
 * @example
 * ```ts
 * import { connectPostgres, postgresLease } from "@seaworthy/postgres";
 * await using db = await connectPostgres({ url: "pglite://memory" });
 * const lease = postgresLease(db);
 * const held = await lease.acquire("nightly-report", { ttl: "30s" });
 * console.log(await lease.acquire("nightly-report", { ttl: "30s" })); // undefined
 * await held?.release();
 * ```
 */
export function postgresLease(db: Postgres, options: PostgresLeaseOptions = {}): Lease {
  if (!(db instanceof Database)) throw new TypeError("db must be a database of connectPostgres");
  checkOptions("postgresLease", options, ["clock"]);
  const { clock = systemClock } = options;
  let ready: Promise<unknown> | undefined;
  return {
    async acquire(name, { ttl }) {
      boundedString("name", name, 1, 200);
      positiveDuration("ttl", ttl);
      const milliseconds = limit("ttl", ttl, 0);
      ready ??= migrate(db, leaseMigrations, { set: "seaworthy.leases" }).catch((error: unknown) => {
        ready = undefined;
        throw error;
      });
      await ready;
      const asked = clock.monotonic();
      const { rows } = await db.outside.query(
        `insert into seaworthy_leases as held (name, fence, expires_at)
         values ($1, 1, clock_timestamp() + $2::double precision * interval '1 ms')
         on conflict (name) do update set fence = held.fence + 1, expires_at = excluded.expires_at
         where held.expires_at <= clock_timestamp() returning fence::text as fence`,
        [name, milliseconds],
      );
      const [row] = rows;
      return row && new TableLease(db, { name, ttl: milliseconds, fence: BigInt(String(row.fence)), asked }, clock);
    },
  };
}

/**
 * Runs `fn` while this process holds a lease. The signal that `fn` gets aborts if the lease is lost; work that goes on
 * nevertheless is recognised by its fence, which a store can compare.
 *
 * @throws TypeError if an argument is malformed
 * @throws POSTGRES_LEASE_HELD if another process holds the lease; `fn` was not called
 */
export async function withLease<T>(
  db: Postgres,
  name: string,
  { ttl }: { ttl: Duration },
  fn: (lease: Pick<HeldLease, "signal" | "fence">) => Promise<T>,
): Promise<T> {
  requiredFunction("fn", fn);
  const held = await postgresLease(db).acquire(name, { ttl });
  if (held === undefined) throw errors.POSTGRES_LEASE_HELD({ name });
  try {
    return await fn(held);
  } finally {
    await held.release();
  }
}

interface Grant {
  readonly name: string;
  readonly ttl: number;
  readonly fence: bigint;
  /** When it was asked for, on the monotonic clock: the server's time to live began later. */
  readonly asked: number;
}

class TableLease implements HeldLease {
  readonly fence: bigint;
  readonly #db: Postgres;
  readonly #grant: Grant;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  #safeUntil: number;
  #cancelRenewal: () => void;
  #cancelEnd: () => void;

  constructor(db: Postgres, grant: Grant, clock: Clock) {
    this.fence = grant.fence;
    this.#db = db;
    this.#grant = grant;
    this.#clock = clock;
    this.#safeUntil = grant.asked + grant.ttl;
    this.#cancelRenewal = this.#schedule();
    this.#cancelEnd = this.#scheduleEnd();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    this.#stop();
    const { name, fence } = this.#grant;
    const text = "update seaworthy_leases set expires_at = '-infinity' where name = $1 and fence = $2";
    await this.#db.outside.query(text, [name, fence.toString()]).catch(() => undefined);
  }

  #schedule(): () => void {
    return startTimer(this.#clock, this.#grant.ttl / RENEWALS, () => void this.#renew());
  }

  /** The holder stops by its own clock, also if the server does not answer at all. */
  #scheduleEnd(): () => void {
    return startTimer(this.#clock, Math.max(0, this.#safeUntil - this.#clock.monotonic()), () =>
      this.#lose("it could not be renewed in time"),
    );
  }

  async #renew(): Promise<void> {
    const { name, ttl, fence } = this.#grant;
    const asked = this.#clock.monotonic();
    try {
      const { rows } = await this.#db.outside.query(
        `update seaworthy_leases set expires_at = clock_timestamp() + $3::double precision * interval '1 ms'
         where name = $1 and fence = $2 and expires_at > clock_timestamp() returning 1`,
        [name, fence.toString(), ttl],
      );
      // It was released meanwhile: then the lease is not lost if the row was not renewed, and no timer may be left.
      if (this.#released) return;
      if (rows.length === 0) return this.#lose("another process may hold it");
      this.#safeUntil = asked + ttl;
      this.#cancelEnd();
      this.#cancelEnd = this.#scheduleEnd();
    } catch {
      // The next renewal may succeed; if none does in time, the end is scheduled already.
    }
    if (!this.#released) this.#cancelRenewal = this.#schedule();
  }

  #released = false;

  #lose(reason: string): void {
    this.#stop();
    const message = `The lease ${this.#grant.name} was lost: ${reason}`;
    this.#lost.abort(errors.POSTGRES_LEASE_HELD({ name: this.#grant.name }, { message }));
  }

  #stop(): void {
    this.#released = true;
    this.#cancelRenewal();
    this.#cancelEnd();
  }
}
