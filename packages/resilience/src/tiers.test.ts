import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import { expect, expectTypeOf, test, vi } from "vitest";
import { policy, tiers } from "./index.ts";

const quiet = (): undefined => undefined;
const model = { name: "model", run: async (_image: string): Promise<number> => Promise.reject(new Error("no GPU")) };
const template = { name: "template", run: (_image: string): number | undefined => undefined };
const centre = { name: "centre", run: () => 0.5 };

test("the first tier that answers is the answer, and it says which and why the earlier ones failed", async () => {
  const detect = tiers("detect", [model, template, centre]);
  const { value, tier, failures } = await detect.run("cat.png");
  expect([value, tier]).toEqual([0.5, "centre"]);
  expect(failures.map((failure) => failure.tier)).toEqual(["model", "template"]);
  expect(failures[0]?.error).toMatchObject({ message: "no GPU" });
  expect(failures[1]?.error).toMatchObject({ code: "RESILIENCE_NO_ANSWER" });
  expectTypeOf(value).toEqualTypeOf<number>();
});

test("tiers after the one that answered are not asked, and each is given the input and a call", async () => {
  const first = vi.fn(async (input: number) => input + 1);
  const second = vi.fn(async (input: number) => input + 2);
  const sum = tiers("sum", [
    { name: "first", run: first },
    { name: "second", run: second },
  ]);
  await expect(sum.run(1)).resolves.toEqual({ value: 2, tier: "first", failures: [] });
  expect(first).toHaveBeenCalledWith(1, expect.objectContaining({}), []);
  expect(second).not.toHaveBeenCalled();
});

test.each([null, undefined])("%s is not an answer; 0, '' and false are", async (nothing) => {
  const next = { name: "next", run: () => "next" as unknown };
  await expect(tiers("t", [{ name: "empty", run: () => nothing as unknown }, next]).run(1)).resolves.toMatchObject({
    tier: "next",
  });
  for (const value of [0, "", false])
    await expect(tiers("t", [{ name: "some", run: () => value as unknown }, next]).run(1)).resolves.toMatchObject({
      value,
      tier: "some",
    });
});

test("accept may ask for more", async () => {
  const list = [
    { name: "low", run: () => ({ confidence: 0.2 }) },
    { name: "high", run: () => ({ confidence: 0.9 }) },
  ];
  const answer = await tiers("t", list, { accept: ({ confidence }) => confidence > 0.5 }).run(null);
  expect(answer.tier).toBe("high");
});

test("when none answers the error names all tiers, and its cause holds every failure", async () => {
  const error = await tiers("detect", [model, template])
    .run("cat.png")
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "RESILIENCE_TIERS_FAILED", status: 503, context: { tiers: "detect" } });
  const { cause } = error as { cause: AggregateError };
  expect(cause.errors.map(({ message }: Error) => message)).toEqual(["no GPU", "The tier answered nothing"]);
});

test("a tier that takes longer than its timeout fails, and its signal says so", async () => {
  const clock = manualClock();
  let signal: AbortSignal | undefined;
  const slow = {
    name: "slow",
    timeout: 100,
    run: (_input: string, call: { signal: AbortSignal }): Promise<number> => {
      signal = call.signal;
      return new Promise(quiet);
    },
  };
  const answer = tiers("t", [slow, centre], { clock }).run("x");
  await clock.advance(100);
  await expect(answer).resolves.toMatchObject({
    tier: "centre",
    failures: [{ error: { code: "RESILIENCE_TIMEOUT" } }],
  });
  expect(signal?.aborted).toBe(true);
});

test("if the caller aborts, no further tier is tried", async () => {
  const controller = new AbortController();
  const never = vi.fn();
  const hung = { name: "hung", run: (): Promise<unknown> => new Promise(quiet) };
  const answer = tiers("t", [hung, { name: "never", run: never }]).run(1, { signal: controller.signal });
  controller.abort("gone");
  await expect(answer).rejects.toBe("gone");
  expect(never).not.toHaveBeenCalled();
});

test("each tier's part is an event", async () => {
  using telemetry = captureTelemetry();
  await tiers("detect", [model, centre]).run("x");
  expect(telemetry.of("resilience.tier").map(({ labels }) => labels)).toEqual([
    { tiers: "detect", tier: "model", outcome: "failed" },
    { tiers: "detect", tier: "centre", outcome: "answered" },
  ]);
});

test("a tier is skipped, not failed, if a guard inside it refuses the call", async () => {
  using telemetry = captureTelemetry();
  const guard = policy("p", { breaker: { minimumCalls: 1 } });
  const detect = tiers("detect", [
    { name: "model", run: () => guard.run(() => Promise.reject(new Error("down"))) },
    centre,
  ]);
  for (let i = 0; i < 3; i++)
    expect(await detect("x")).toMatchObject({ tier: "centre", failures: [{ tier: "model" }] });
  expect(detect.stats()[0]).toMatchObject({ tier: "model", failed: 1, skipped: 2 });
  const outcomes = telemetry.of("resilience.tier").map(({ labels }) => labels.outcome);
  expect(outcomes).toEqual(["failed", "answered", "skipped", "answered", "skipped", "answered"]);
  guard.dispose?.();
});

test.each([
  [[], "array"],
  [undefined, "array"],
  [[{ name: "a" }], "run"],
  [[{ name: "", run: quiet }], "name"],
  [[{ name: "a", run: quiet, tiemout: 1 }], "tiemout"],
  [[{ name: "a", run: quiet, timeout: 0 }], "timeout"],
  [
    [
      { name: "a", run: quiet },
      { name: "a", run: quiet },
    ],
    "two tiers",
  ],
])("tiers refuses %j with a TypeError about its %s", (list, named) => {
  expect(() => tiers("t", list as never)).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringContaining(named) }),
  );
});

test("tiers are a function of their input, which a policy can wrap", async () => {
  const detect = tiers("detect", [
    { name: "model", run: (_image: string): number => Promise.reject(new Error("no GPU")) as never },
    { name: "length", run: (image) => image.length },
  ]);
  expect(detect.name).toBe("detect");
  const { run } = detect;
  for (const ask of [detect, run, detect.run, policy("p").wrap(detect)]) {
    expect(await ask("cat")).toMatchObject({ value: 3, tier: "length", failures: [{ tier: "model" }] });
  }
});

test("tiers as the fallback of a policy are called with the error, and the one that answered is named", async () => {
  const standIns = tiers(
    "stand-ins",
    [
      { name: "stale", run: (): number => -1 },
      { name: "error", run: (error: unknown) => (error as Error).message.length },
    ],
    { accept: (value) => value >= 0 },
  );
  const guarded = policy("p", { fallback: standIns });
  const down = (): number => {
    throw new Error("down");
  };
  expect(await guarded.execute(down)).toMatchObject({ ok: true, value: 4, attempts: 1, tier: "error" });
  const value: number = await guarded.run(down);
  expect(value).toBe(4);
});

test("a signal that is not an AbortSignal is refused before any tier is tried", async () => {
  const ask = vi.fn(async () => "answer");
  const answer = tiers("t", [{ name: "only", run: ask }]);
  await expect(answer("x", { signal: "soon" as never })).rejects.toThrow("signal must be an AbortSignal");
  expect(ask).not.toHaveBeenCalled();
});
