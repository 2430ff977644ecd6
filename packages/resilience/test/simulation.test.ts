import {
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";
import CircuitBreaker from "opossum";
import pRetry from "p-retry";
import { beforeAll, describe, expect, test } from "vitest";
import { adaptiveBulkhead, type Call, policy, type Runner, withTimeout } from "../src/index.ts";
import { type SimulatedFault, type SimulationOptions, type SimulationResult, simulate } from "../src/testing.ts";

type Kind = SimulatedFault["kind"];
type Contestant = Pick<SimulationOptions, "policy" | "globals">;
type Work = (call: Call) => Promise<unknown>;

const ATTEMPT = 1000;
const OPEN = 10_000;

/** Each with three attempts of a second, and a breaker that opens for ten seconds at half of the calls. */
const contestants = {
  opossum: { policy: pRetryAndOpossum, globals: true },
  cockatiel: { policy: cockatiel, globals: true },
  seaworthy: { policy: (context) => seaworthy(context) },
  adaptive: { policy: (context) => seaworthy(context, { bulkhead: adaptiveBulkhead({ clock: context.clock }) }) },
} satisfies Record<string, Contestant>;

function seaworthy(context: Parameters<SimulationOptions["policy"]>[0], more: object = {}): Runner {
  const retrying = { attempts: 3, attemptTimeout: ATTEMPT };
  return policy("seaworthy", { retry: retrying, breaker: { openFor: OPEN }, ...more, ...context });
}

function pRetryAndOpossum(): Runner {
  // Its own timeout aborts nothing without a controller of the caller's, so the attempt brings its own.
  const attempt = (work: Work): Promise<unknown> => withTimeout((call) => work(call), ATTEMPT);
  const breaker = new CircuitBreaker(attempt, {
    timeout: false,
    resetTimeout: OPEN,
    errorThresholdPercentage: 50,
    volumeThreshold: 10,
    rollingPercentilesEnabled: false,
  });
  const options = { retries: 2, minTimeout: 100, factor: 2, randomize: true };
  return { run: (work) => pRetry(() => breaker.fire(work as Work), options) };
}

function cockatiel(): Runner {
  const guard = wrap(
    retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() }),
    circuitBreaker(handleAll, {
      halfOpenAfter: OPEN,
      breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps: 1 }),
    }),
    timeout(ATTEMPT, TimeoutStrategy.Aggressive),
  );
  return { run: (work) => guard.execute(({ signal }) => (work as Work)({ signal } as Call)) };
}

const KINDS: readonly Kind[] = ["outage", "hang", "spike", "brownout", "errors"];
type Name = keyof typeof contestants;
const results = new Map<string, SimulationResult>();
const of = (name: Name, kind: Kind): SimulationResult => results.get(`${name} ${kind}`) as SimulationResult;
const least = (kind: Kind, read: (result: SimulationResult) => number): number =>
  Math.min(read(of("opossum", kind)), read(of("cockatiel", kind)));
const most = (kind: Kind, read: (result: SimulationResult) => number): number =>
  Math.max(read(of("opossum", kind)), read(of("cockatiel", kind)));

beforeAll(async () => {
  // An upstream of 200 calls per second, offered 140: healthy for 15 s, then 20 s of the fault, then healthy again.
  const common = { upstream: { workers: 20, service: "100ms" }, duration: "75s" } as const;
  for (const kind of KINDS)
    for (const [name, contestant] of Object.entries(contestants)) {
      const fault = { kind, from: "15s", until: "35s" } as const;
      const seed = 7;
      // cockatiel draws its jitter from Math.random.
      results.set(`${name} ${kind}`, await simulate({ ...contestant, ...common, fault, seed }));
    }
  if (process.env.SIMULATION_TABLE !== undefined) printTable();
}, 120_000);

function printTable(): void {
  const rows = [...results].map(([name, { during, recovery }]) => ({
    name,
    "answered per second": Math.round(during.answeredPerSecond),
    goodput: during.goodput.toFixed(2),
    amplification: during.amplification.toFixed(2),
    "recovery in s": recovery / 1000,
  }));
  console.table(rows);
}

describe.each(KINDS)("with %s, beside p-retry around opossum and cockatiel's wrap", (kind) => {
  test("every contestant serves a healthy upstream", () => {
    for (const name of Object.keys(contestants) as Name[])
      expect(of(name, kind).before.goodput, name).toBeGreaterThan(0.99);
  });
});

test("an upstream that is down or hangs gets no more calls than from the most careful of the others", () => {
  for (const kind of ["outage", "hang", "brownout"] as const) {
    const others = least(kind, ({ during }) => during.amplification);
    expect(of("seaworthy", kind).during.amplification, kind).toBeLessThanOrEqual(others);
    expect(of("adaptive", kind).during.amplification, kind).toBeLessThanOrEqual(others);
  }
});

test("under twice the load and at a quarter of the capacity, an adaptive limit answers at least three times as many runs", () => {
  for (const kind of ["spike", "brownout"] as const) {
    const others = most(kind, ({ during }) => during.answeredPerSecond);
    expect(of("adaptive", kind).during.answeredPerSecond, kind).toBeGreaterThan(3 * others);
    expect(of("adaptive", kind).recovery, kind).toBe(0);
  }
});

test("with 40 % errors more runs are answered, and the upstream gets at most 1.2 times the load", () => {
  const { during } = of("seaworthy", "errors");
  expect(during.goodput).toBeGreaterThan(most("errors", (result) => result.during.goodput));
  expect(during.amplification).toBeLessThan(1.22);
});

test("the service is back within an open time after every fault", () => {
  for (const kind of KINDS) expect(of("seaworthy", kind).recovery, kind).toBeLessThanOrEqual(1.5 * OPEN);
});
