import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createWithin } from "../internal/creation-scope.ts";
import type { Breaker } from "./breaker.ts";
import { createBreaker } from "./create-breaker.ts";

const OPEN_FOR = 1000;
const PROBE_TIMEOUT = 300;
const PROBES = 2;
const MINIMUM = 3;
const RATE = 0.5;

type Verdict = "success" | "failure" | "ignored";
interface Flight {
  spell: number;
  due: number | undefined;
  /** Whether it was a probe that ran out of time. */
  late: boolean;
}

/** The rules of a breaker as a page would state them; the window is longer than any run. */
class Reference {
  state: "closed" | "open" | "half-open" = "closed";
  #isolations = 0;
  #spell = 0;
  #calls = 0;
  #failures = 0;
  #openUntil = 0;
  #succeeded = 0;
  #probes = new Set<Flight>();

  get shown(): string {
    return this.#isolations > 0 ? "isolated" : this.state;
  }

  /** Lets time pass: probes run out, the open time ends, in the order in which they do. */
  pass(now: number): void {
    for (;;) {
      const first = [...this.#probes].sort((a, b) => (a.due as number) - (b.due as number))[0];
      if (this.state === "half-open" && first !== undefined && (first.due as number) <= now) {
        first.late = true;
        this.#enter("open", first.due as number);
      } else if (this.state === "open" && this.#openUntil <= now) this.#enter("half-open", this.#openUntil);
      else return;
    }
  }

  begin(now: number): Flight | undefined {
    if (this.#isolations > 0 || this.state === "open") return undefined;
    if (this.state === "closed") return { spell: this.#spell, due: undefined, late: false };
    if (this.#probes.size + this.#succeeded >= PROBES) return undefined;
    const probe = { spell: this.#spell, due: now + PROBE_TIMEOUT, late: false };
    this.#probes.add(probe);
    return probe;
  }

  end(flight: Flight, verdict: Verdict, now: number): void {
    if (flight.late && verdict === "success" && this.state === "open") {
      this.#enter("half-open", now);
      this.#succeeded = 1;
    }
    if (flight.spell !== this.#spell) return;
    this.#probes.delete(flight);
    if (verdict === "ignored") return;
    if (this.state === "half-open") {
      if (verdict === "failure") this.#enter("open", now);
      else if (++this.#succeeded === PROBES) this.#enter("closed", now);
      return;
    }
    this.#calls += 1;
    if (verdict === "failure") this.#failures += 1;
    if (this.#calls >= MINIMUM && this.#failures / this.#calls >= RATE) this.#enter("open", now);
  }

  isolate(by: 1 | -1): void {
    this.#isolations += by;
  }

  reset(now: number): void {
    this.#enter("closed", now);
  }

  #enter(state: "closed" | "open" | "half-open", now: number): void {
    this.state = state;
    this.#spell += 1;
    this.#calls = 0;
    this.#failures = 0;
    this.#succeeded = 0;
    this.#probes.clear();
    if (state === "open") this.#openUntil = now + OPEN_FOR;
  }
}

type Step =
  | { what: "begin" | "isolate" | "release" | "reset" }
  | { what: "end"; which: number; verdict: Verdict }
  | { what: "advance"; by: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ what: "begin" as const }) },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant("end" as const),
      which: fc.nat(5),
      verdict: fc.constantFrom("success" as const, "failure" as const, "failure" as const, "ignored" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("advance" as const),
      by: fc.constantFrom(1, 100, 299, 300, 999, 1000, 1500),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ what: "isolate" as const }, { what: "release" as const }, { what: "reset" as const }),
  },
);

class Ignored extends Error {}

interface RealFlight {
  settle: PromiseWithResolvers<void>;
  done: Promise<unknown>;
  model: Flight;
}

/** One run of the same steps on both. */
class Run {
  readonly #clock = manualClock();
  readonly #model = new Reference();
  readonly #breaker: Breaker;
  readonly #flights: RealFlight[] = [];
  readonly #handles: (() => void)[] = [];

  constructor(keyed: boolean) {
    this.#breaker = createWithin({ keyed, gauges: false }, () =>
      createBreaker({
        name: "model",
        clock: this.#clock,
        failureRate: RATE,
        minimumCalls: MINIMUM,
        window: "1h",
        openJitter: 0,
        openFor: OPEN_FOR,
        probes: PROBES,
        probeTimeout: PROBE_TIMEOUT,
        isFailure: (error) => !(error instanceof Ignored),
      }),
    );
  }

  async take(step: Step): Promise<void> {
    if (step.what === "begin") await this.#begin();
    else if (step.what === "end") await this.#end(step.which, step.verdict);
    else if (step.what === "advance") {
      await this.#clock.advance(step.by);
      this.#model.pass(this.#clock.monotonic());
    } else if (step.what === "isolate") {
      this.#handles.push(this.#breaker.isolate());
      this.#model.isolate(1);
    } else if (step.what === "release") {
      if (this.#handles.length > 0) this.#model.isolate(-1);
      const release = this.#handles.pop();
      release?.();
      release?.(); // a second time it must not count
    } else {
      this.#breaker.reset();
      this.#model.reset(this.#clock.monotonic());
    }
    expect(this.#breaker.state).toBe(this.#model.shown);
  }

  async #begin(): Promise<void> {
    const expected = this.#model.begin(this.#clock.monotonic());
    const settle = Promise.withResolvers<void>();
    let began = false;
    const done = this.#breaker
      .run(() => {
        began = true;
        return settle.promise;
      })
      .catch((error: unknown) => error);
    expect(began).toBe(expected !== undefined);
    if (expected !== undefined) this.#flights.push({ settle, done, model: expected });
    else expect(await done).toMatchObject({ code: expect.stringMatching(/^RESILIENCE_(CIRCUIT_OPEN|ISOLATED)$/) });
  }

  async #end(which: number, verdict: Verdict): Promise<void> {
    const [flight] = this.#flights.splice(which % Math.max(1, this.#flights.length), 1);
    if (flight === undefined) return;
    if (verdict === "success") flight.settle.resolve();
    else flight.settle.reject(verdict === "ignored" ? new Ignored("not its fault") : new Error("down"));
    await flight.done;
    this.#model.end(flight.model, verdict, this.#clock.monotonic());
  }

  dispose(): void {
    this.#breaker.dispose();
    expect(this.#clock.pending).toBe(0);
  }
}

test.each([
  { which: "by name", keyed: false },
  { which: "by key", keyed: true },
])("whatever happens in whatever order, a breaker $which is in the state that its rules say", async ({ keyed }) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      const run = new Run(keyed);
      for (const each of steps) await run.take(each);
      run.dispose();
    }),
    { numRuns: 100 },
  );
});
