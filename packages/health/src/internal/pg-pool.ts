import { readMember } from "@seaworthy/core/objects";

/** The part of a `pg.Pool` that is used here. */
export interface PgPool {
  connect(): Promise<PgPoolClient>;
}

interface PgPoolClient {
  query(text: string): Promise<unknown>;
  /** Returns the connection to the pool, or closes it. */
  release(destroy?: boolean): void;
  on?(event: "error", listener: () => void): unknown;
  removeListener?(event: "error", listener: () => void): unknown;
}

/** Milliseconds after which a request for a connection is given up. */
const GIVEN_UP_AFTER = 60_000;

/** Whether `client` is a pool of `pg`, by its members. */
export function isPgPool(client: unknown): client is PgPool {
  return typeof readMember(client, "connect") === "function" && typeof readMember(client, "totalCount") === "number";
}

interface Taker {
  readonly take: (client: PgPoolClient) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Sends queries on connections that it takes out of a pool. A query that is aborted closes its connection, so that a
 * connection which a firewall has dropped does not return to the pool, and does not hold a place in it. A query that
 * still waits for a connection leaves its place in the queue to the next one, so that probes do not fill the queue.
 */
export class PgPoolProbe {
  readonly #pool: PgPool;
  readonly #now: () => number;
  readonly #takers: Taker[] = [];
  #asked: number[] = [];

  constructor(pool: PgPool, now: () => number) {
    this.#pool = pool;
    this.#now = now;
  }

  async query(text: string, signal: AbortSignal): Promise<void> {
    const client = await this.#connection(signal);
    let released = false;
    const release = (destroy: boolean): void => {
      if (!released) client.release(destroy);
      released = true;
    };
    const destroy = (): void => release(true);
    // The pool does not listen while a connection is in use, so its loss would end the process. The query fails by itself.
    client.on?.("error", destroy);
    signal.addEventListener("abort", destroy, { once: true });
    try {
      await client.query(text);
      release(false);
    } catch (error) {
      release(true);
      throw error;
    } finally {
      signal.removeEventListener("abort", destroy);
      client.removeListener?.("error", destroy);
    }
  }

  #connection(signal: AbortSignal): Promise<PgPoolClient> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#takers.splice(this.#takers.indexOf(taker), 1);
        reject(signal.reason);
      };
      const taker: Taker = {
        take: (client) => {
          signal.removeEventListener("abort", onAbort);
          resolve(client);
        },
        fail: (error) => {
          signal.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#takers.push(taker);
      this.#ask();
    });
  }

  #ask(): void {
    const now = this.#now();
    this.#asked = this.#asked.filter((at) => at > now - GIVEN_UP_AFTER);
    if (this.#asked.length >= this.#takers.length) return;
    this.#asked.push(now);
    const done = (): Taker | undefined => {
      const at = this.#asked.indexOf(now);
      if (at >= 0) this.#asked.splice(at, 1);
      return this.#takers.shift();
    };
    this.#pool.connect().then(
      (client) => {
        const taker = done();
        if (taker === undefined) client.release();
        else taker.take(client);
      },
      (error: unknown) => done()?.fail(error),
    );
  }
}
