import { captureTelemetry, manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createIdempotency, type IdempotencyOptions } from "./idempotency.ts";
import { type IdempotencyStore, memoryIdempotencyStore } from "./idempotency-store.ts";
import type { Answer } from "./messages.ts";

const answer = (body: string, status = 200): Answer => ({ status, headers: [], body });
const request = ["POST", "/orders"];

describe("a key", () => {
  test("is run once, and its answer is kept for the ttl", async () => {
    const clock = manualClock();
    const idempotency = createIdempotency({ clock, ttl: "1h" });
    let runs = 0;
    const work = async (): Promise<Answer> => answer(String(++runs));
    expect(await idempotency.run("k", "u", request, work)).toEqual({ answer: answer("1"), replayed: false });
    expect(await idempotency.run("k", "u", request, work)).toEqual({ answer: answer("1"), replayed: true });
    await clock.advance("1h");
    expect(await idempotency.run("k", "u", request, work)).toEqual({ answer: answer("2"), replayed: false });
  });

  test("belongs to a principal: another one's is another", async () => {
    const idempotency = createIdempotency();
    await idempotency.run("k", "anna", request, async () => answer("anna's"));
    const { answer: other } = await idempotency.run("k", "ben", request, async () => answer("ben's"));
    expect(other.body).toBe("ben's");
  });

  test("in flight is free again after its lock time if its process died, and not only after the ttl", async () => {
    const clock = manualClock();
    const store = memoryIdempotencyStore({ clock });
    const dead = { ...store, renew: () => new Promise<boolean>(() => undefined) };
    void createIdempotency({ clock, store: dead, lockFor: "30s" }).run(
      "k",
      "u",
      request,
      () => new Promise(() => undefined),
    );
    const idempotency = createIdempotency({ clock, store, lockFor: "30s" });
    await expect(idempotency.run("k", "u", request, async () => answer("2"))).rejects.toMatchObject({
      code: "HTTP_IDEMPOTENCY_IN_FLIGHT",
      status: 409,
      retryAfter: 1000,
    });
    await clock.advance("30s");
    expect((await idempotency.run("k", "u", request, async () => answer("2"))).answer.body).toBe("2");
  });

  test("stays locked as long as its work runs, however long that is, and then owns no timer", async () => {
    const clock = manualClock();
    const idempotency = createIdempotency({ clock, lockFor: "30s" });
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const first = idempotency.run("k", "u", request, () => promise);
    for (let i = 0; i < 60; i++) {
      await clock.advance("10s");
      await expect(idempotency.run("k", "u", request, async () => answer("2"))).rejects.toMatchObject({
        code: "HTTP_IDEMPOTENCY_IN_FLIGHT",
      });
    }
    resolve(answer("1"));
    await first;
    expect(clock.pending).toBe(0);
    expect((await idempotency.run("k", "u", request, async () => answer("2"))).answer.body).toBe("1");
  });

  test("whose lock was lost in spite of renewals, or cannot be renewed, is reported and its answer is sent", async () => {
    using telemetry = captureTelemetry();
    const outcomes: (() => Promise<boolean>)[] = [
      () => Promise.reject(new Error("redis is gone")),
      async () => true,
      async () => false,
    ];
    const clock = manualClock();
    const store = { ...memoryIdempotencyStore({ clock }), renew: () => (outcomes.shift() as () => Promise<boolean>)() };
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const first = createIdempotency({ clock, store, lockFor: "30s" }).run("k", "u", request, () => promise);
    for (let i = 0; i < 6; i++) await clock.advance("10s");
    resolve(answer("done"));
    expect((await first).answer.body).toBe("done");
    expect(outcomes).toEqual([]);
    expect(telemetry.of("http.idempotency").map(({ labels }) => labels.outcome)).toEqual([
      "first",
      "store_failed",
      "lost",
    ]);
  });

  test("that was claimed anew is neither completed nor released by the one that held it before", async () => {
    const clock = manualClock();
    const store = memoryIdempotencyStore({ clock });
    const lost = { ...store, renew: async () => false };
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const late = createIdempotency({ clock, store: lost, lockFor: "1s" }).run("k", "u", request, () => promise);
    await clock.advance("2s");
    const idempotency = createIdempotency({ clock, store, lockFor: "1s" });
    await idempotency.run("k", "u", request, async () => answer("second"));
    resolve(answer("first", 500));
    expect((await late).answer.body).toBe("first");
    expect((await idempotency.run("k", "u", request, async () => answer("third"))).answer.body).toBe("second");
  });

  test("whose answer is larger than the limit is not run again, and says why", async () => {
    const idempotency = createIdempotency({ answerLimit: 10 });
    let runs = 0;
    const work = async (): Promise<Answer> => answer("x".repeat(10 + runs++));
    expect((await idempotency.run("small", "u", request, work)).answer.body).toHaveLength(10);
    expect((await idempotency.run("small", "u", request, work)).answer.body).toHaveLength(10);
    expect((await idempotency.run("large", "u", request, work)).answer.body).toHaveLength(11);
    const again = await idempotency.run("large", "u", request, work);
    expect([again.answer.status, again.replayed, runs]).toEqual([409, true, 2]);
    expect(JSON.parse(again.answer.body)).toMatchObject({ code: "HTTP_IDEMPOTENCY_ANSWER_TOO_LARGE" });
  });

  test.each([
    [500, {}],
    [503, {}],
    [429, { "retry-after": "1" }],
  ])("whose answer was %i is free again", async (status, headers) => {
    const idempotency = createIdempotency();
    const failed = { status, headers: Object.entries(headers), body: "" } as unknown as Answer;
    await idempotency.run("k", "u", request, async () => failed);
    expect((await idempotency.run("k", "u", request, async () => answer("ok"))).answer.body).toBe("ok");
  });

  test("whose work threw is free again", async () => {
    const idempotency = createIdempotency();
    const broken = new Error("broken");
    await expect(idempotency.run("k", "u", request, () => Promise.reject(broken))).rejects.toBe(broken);
    expect((await idempotency.run("k", "u", request, async () => answer("ok"))).replayed).toBe(false);
  });

  test("may be missing where it is not required, and never be malformed", async () => {
    const idempotency = createIdempotency({ required: false });
    expect((await idempotency.run(undefined, "u", request, async () => answer("x"))).replayed).toBe(false);
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, unit: "binary", maxLength: 300 }), async (key) => {
        const sound = /^[\x21-\x7e]{1,255}$/.test(key);
        const run = createIdempotency().run(key, "u", request, async () => answer("x"));
        if (sound) await expect(run).resolves.toMatchObject({ replayed: false });
        else await expect(run).rejects.toMatchObject({ code: "HTTP_IDEMPOTENCY_KEY_INVALID" });
      }),
    );
  });
});

test("a store that fails behind the work does not turn its answer into an error, and is reported", async () => {
  using telemetry = captureTelemetry();
  const store: IdempotencyStore = {
    claim: async () => undefined,
    renew: async () => true,
    complete: () => Promise.reject(new Error("redis is gone")),
    release: async () => undefined,
  };
  const { answer: given } = await createIdempotency({ store }).run("k", "u", request, async () => answer("paid"));
  expect(given.body).toBe("paid");
  expect(telemetry.of("http.idempotency").map(({ labels }) => labels.outcome)).toEqual(["first", "store_failed"]);
});

test("a store that fails before the work lets nothing run", async () => {
  const store = { ...memoryIdempotencyStore(), claim: () => Promise.reject(new Error("redis is gone")) };
  let ran = false;
  const work = async (): Promise<Answer> => {
    ran = true;
    return answer("");
  };
  await expect(createIdempotency({ store }).run("k", "u", request, work)).rejects.toThrow("redis is gone");
  expect(ran).toBe(false);
});

test("a full memory store forgets the oldest finished answers, and none in flight", async () => {
  const clock = manualClock();
  const store = memoryIdempotencyStore({ entries: 2, clock });
  await store.claim("flying", "f", "t0", 1000);
  for (const key of ["a", "b", "c"]) {
    await store.claim(key, "f", "t", 1000);
    await store.complete(key, { fingerprint: "f", token: "t", answer: answer(key), ttl: 1000 });
  }
  expect(await store.claim("flying", "f", "t1", 1000)).toMatchObject({ state: "in-flight" });
  expect(await store.claim("c", "f", "t1", 1000)).toMatchObject({ state: "done" });
  expect(await store.claim("a", "f", "t1", 1000)).toBeUndefined();
});

test.each<[IdempotencyOptions]>([
  [{ ttl: 0 }],
  [{ lockFor: -1 }],
  [{ ttl: "never" as "1s" }],
  [{ required: "yes" as unknown as boolean }],
  [{ store: {} as IdempotencyStore }],
  [{ scope: "principal" as "credentials" }],
  [{ scope: null as unknown as "credentials" }],
  [{ answerLimit: -1 }],
  [{ answerLimit: "101mib" }],
  [{ keep: 1 } as IdempotencyOptions],
])("options of %j are refused", (options) => {
  expect(() => createIdempotency(options)).toThrow(TypeError);
  expect(() => memoryIdempotencyStore({ entries: 0 })).toThrow(TypeError);
});
