import { onTelemetry } from "@seaworthy/core";
import { manualClock } from "@seaworthy/core/testing";
import { afterEach, expect, test } from "vitest";
import { policy } from "./index.ts";
import { runEvent } from "./telemetry.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** The runs that are reported from now on: outcome, seconds, attempts. */
function watch(): unknown[][] {
  const seen: unknown[][] = [];
  stops.push(
    onTelemetry(({ definition, labels, value, details }) => {
      if (definition.name === "resilience.run") seen.push([labels.policy, labels.outcome, value, details?.attempts]);
    }),
  );
  return seen;
}

const down = (): Promise<never> => Promise.reject(new Error("down"));
const quiet = (): undefined => undefined;

test("nothing is reported, and nothing made for it, while no listener is there", () => {
  expect(runEvent.active).toBe(false);
});

test("each run of a policy is one event, with its outcome, its duration and its attempts", async () => {
  const seen = watch();
  const clock = manualClock();
  const retry = { attempts: 2, initialDelay: 1000, jitter: "none" } as const;
  const guarded = policy("p", { timeout: "5s", retry, clock });
  await guarded.run(() => 1);
  let calls = 0;
  const recovered = guarded.run(() => (++calls === 1 ? down() : "value"));
  await clock.advance(1000);
  await recovered;
  const failed = guarded.run(down).catch(quiet);
  await clock.advance(1000);
  await failed;
  const late = guarded.run(() => new Promise(() => undefined)).catch(quiet);
  await clock.advance(5000);
  await late;
  const controller = new AbortController();
  const cancelled = guarded.run(() => new Promise(() => undefined), { signal: controller.signal }).catch(quiet);
  controller.abort(new Error("left"));
  await cancelled;
  await guarded.run(quiet, { signal: AbortSignal.abort(new Error("left")) }).catch(quiet);
  expect(seen).toEqual([
    ["p", "ok", 0, 1],
    ["p", "recovered", 1, 2],
    ["p", "failure", 1, 2],
    ["p", "timeout", 5, 1],
    ["p", "cancelled", 0, 1],
    ["p", "cancelled", 0, 0],
  ]);
});

test("a run that a guard refused, and one that a fallback answered, say so", async () => {
  const seen = watch();
  const breaker = { minimumCalls: 1 };
  const plain = policy("plain", { breaker });
  await plain.run(down).catch(quiet);
  await plain.run(quiet).catch(quiet);
  const answered = policy("answered", { fallback: () => "stand-in" });
  await answered.run(down);
  expect(seen.map(([name, outcome]) => `${name} ${outcome}`)).toEqual([
    "plain failure",
    "plain refused",
    "answered fallback",
  ]);
  plain.dispose();
});
