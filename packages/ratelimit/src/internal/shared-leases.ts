import type { Clock } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { LeaseAnswer, LeaseCall, LimitStore } from "../stores/store.ts";
import { storeEvent } from "../telemetry.ts";
import { Deadlines } from "./deadlines.ts";
import { KeyTable } from "./key-table.ts";
import { LeaseTable } from "./lease-table.ts";
import { StoreHealth } from "./store-health.ts";

/** The answer to a lease call and where it comes from. */
export interface Leased extends LeaseAnswer {
  readonly source: string;
}

/** Answers lease calls, whatever the state of the store. */
export interface Leases {
  readonly isDegraded: boolean;
  lease(call: LeaseCall): Promise<Leased>;
  close(): void;
}

/** Options of {@link SharedLeases}. */
export interface SharedLeasesOptions {
  readonly limiter: string;
  readonly store: LimitStore;
  readonly onStoreFailure: "memory" | "open" | "closed";
  /** Milliseconds. */
  readonly storeTimeout: number;
  readonly clock: Clock;
}

const MOST_KEYS = 100_000;

/** The leases of a store of this process. */
export function localLeases(store: LimitStore): Leases {
  return {
    isDegraded: false,
    lease: async (call) => ({ ...(await store.lease(call)), source: store.source }),
    close: () => undefined,
  };
}

/**
 * The leases of a store that other processes share, behind a deadline and a breaker. Beside it are the leases of this
 * process, which count alone while the store cannot be reached. Renewals tell a store of them that has lost them.
 */
export class SharedLeases implements Leases {
  readonly #options: SharedLeasesOptions;
  readonly #own = new KeyTable({ entries: MOST_KEYS, create: () => new LeaseTable() });
  readonly #deadlines: Deadlines;
  readonly #health: StoreHealth;

  constructor(options: SharedLeasesOptions) {
    const { limiter, store, storeTimeout: timeout, clock } = options;
    const call: LeaseCall = { limiter, key: "seaworthy probe", action: "renew", holder: "probe", limit: 1, ttl: 1000 };
    this.#options = options;
    this.#deadlines = new Deadlines(timeout, clock);
    this.#health = new StoreHealth({ limiter, clock, timeout, probe: async () => store.lease(call) });
  }

  get isDegraded(): boolean {
    return this.#health.isDegraded;
  }

  async lease(call: LeaseCall): Promise<Leased> {
    const { clock, store, onStoreFailure, limiter } = this.#options;
    const own = this.#own.open(call.limiter, call.key, clock.monotonic());
    let cause: unknown;
    if (this.#health.isUp) {
      try {
        const answer = await this.#ask(call);
        const action = answer.held && call.action === "acquire" ? "renew" : call.action;
        if (answer.held || action === "release") own.apply({ ...call, action }, clock.monotonic());
        return { ...answer, source: store.source };
      } catch (error) {
        cause = error;
      }
    }
    if (call.action !== "acquire" || onStoreFailure === "memory")
      return { ...own.apply(call, clock.monotonic()), source: "memory" };
    if (onStoreFailure === "closed") throw errors.RATELIMIT_UNAVAILABLE({ limiter }, { cause });
    return { ...own.apply({ ...call, action: "renew" }, clock.monotonic()), source: "open" };
  }

  close(): void {
    this.#health.close();
  }

  async #ask(call: LeaseCall): Promise<LeaseAnswer> {
    const { store, clock, limiter } = this.#options;
    const started = clock.monotonic();
    const emit = (outcome: string, error?: unknown): void => {
      const seconds = (clock.monotonic() - started) / 1000;
      if (storeEvent.active)
        storeEvent.emit({ limiter, outcome }, seconds, error === undefined ? undefined : { error });
    };
    // A lease that is granted too late is not known to anybody; it would be held until its time is over.
    const onLate = ({ held }: LeaseAnswer): void => {
      const undo = async (): Promise<unknown> => store.lease({ ...call, action: "release" });
      if (held && call.action === "acquire") undo().catch(() => undefined);
    };
    try {
      const answer = await this.#deadlines.limit(Promise.resolve(store.lease(call)), onLate);
      this.#health.succeeded();
      emit("ok");
      return answer;
    } catch (error) {
      this.#health.failed(error);
      emit("failed", error);
      throw error;
    }
  }
}
