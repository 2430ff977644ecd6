import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { type Ask, type Exchange, exchange, type Loss } from "./exchange.ts";

/** Requests at a constant rate, whatever the service does with them. */
export interface LoadOptions {
  /** Requests per second, 1 to 2000. */
  readonly rate: number;
  /** Makes the next request. */
  readonly ask: () => Ask;
  /** Is called before each request; requests that are not sent are counted separately. @default always */
  readonly admits?: () => boolean;
  /** Whether connections are kept alive between requests. @default true */
  readonly keepAlive?: boolean;
}

/** What became of the requests. Each one is in exactly one count. */
export interface LoadResult {
  readonly sent: number;
  readonly withheld: number;
  readonly answered: number;
  /** Answers with a status of 500 or more. */
  readonly serverErrors: number;
  readonly lost: Readonly<Record<Loss["kind"], number>>;
  /** Durations of the answered requests in milliseconds, and when each was sent, after the beginning. */
  readonly latencies: readonly (readonly [at: number, duration: number])[];
  readonly statuses: Readonly<Record<string, number>>;
  /** Up to 20 exchanges that were lost or failed. */
  readonly failures: readonly Exchange[];
}

/** A running load. */
export interface Load {
  /** Stops sending, waits for the answers, and returns the counts. */
  stop(): Promise<LoadResult>;
}

const MOST_FAILURES = 20;
const TICK = 5;

/** Starts to send requests at a constant rate. Late ticks are made up for, so that the rate holds on a busy machine. */
export function startLoad(origin: URL, { rate, ask, admits = () => true, keepAlive = true }: LoadOptions): Load {
  const agent = new Agent({ keepAlive, maxSockets: 1000 });
  const begun = performance.now();
  const beganAt = Date.now();
  const counts = { sent: 0, withheld: 0, answered: 0, serverErrors: 0 };
  const lost = { refused: 0, reset: 0, truncated: 0, timeout: 0, malformed: 0 };
  const statuses: Record<string, number> = {};
  const latencies: [number, number][] = [];
  const failures: Exchange[] = [];
  const open = new Set<Promise<void>>();
  const take = (result: Exchange): void => {
    const { status, loss, sentAt, duration } = result;
    if (loss === undefined) {
      counts.answered++;
      latencies.push([sentAt - beganAt, duration]);
      statuses[String(status)] = (statuses[String(status)] ?? 0) + 1;
    } else lost[loss.kind]++;
    const isServerError = loss === undefined && status !== undefined && status >= 500;
    if (isServerError) counts.serverErrors++;
    if ((loss !== undefined || isServerError) && failures.length < MOST_FAILURES) failures.push(result);
  };
  let due = 0;
  let isRunning = true;
  const tick = (): void => {
    const planned = ((performance.now() - begun) / 1000) * rate;
    for (; due < planned; due++) {
      if (!admits()) {
        counts.withheld++;
        continue;
      }
      counts.sent++;
      const one = exchange(origin, { agent, ...ask() })
        .then(take)
        .finally(() => open.delete(one));
      open.add(one);
    }
  };
  const ticking = (async () => {
    while (isRunning) {
      tick();
      await pause(TICK);
    }
  })();
  return {
    async stop() {
      isRunning = false;
      await ticking;
      await Promise.all(open);
      agent.destroy();
      return { ...counts, lost, statuses, latencies, failures };
    },
  };
}

/** All requests that did not get a whole answer. */
export const lostOf = ({ lost }: LoadResult): number => Object.values(lost).reduce((sum, count) => sum + count, 0);

/** The value below which a share of the numbers lies; 0 if there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** Sends requests all at once and waits for every one. */
export async function burst(origin: URL, count: number, ask: (index: number) => Ask): Promise<readonly Exchange[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => exchange(origin, ask(index))));
}
