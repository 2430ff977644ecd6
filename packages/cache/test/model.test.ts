import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCache } from "../src/index.ts";
import { memoryTier } from "../src/testing.ts";

const KEYS = ["a", "b", "c"];
const TAGS = ["x", "y"];

type Step =
  | { do: "set" | "load" | "fresh"; process: number; key: string; tags: string[] }
  | { do: "get" | "delete"; process: number; key: string }
  | { do: "many"; process: number }
  | { do: "tag"; process: number; tag: string }
  | { do: "clear"; process: number }
  | { do: "pass"; time: number }
  | { do: "cut" | "flush" };

const process = fc.integer({ min: 0, max: 1 });
const key = fc.constantFrom(...KEYS);
const tags = fc.subarray(TAGS);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("set", "load", "fresh"), process, key, tags }),
  fc.record({ do: fc.constantFrom("get", "delete"), process, key }),
  fc.record({ do: fc.constant("many"), process }),
  fc.record({ do: fc.constant("tag"), process, tag: fc.constantFrom(...TAGS) }),
  fc.record({ do: fc.constant("clear"), process }),
  fc.record({ do: fc.constant("pass"), time: fc.integer({ min: 1, max: 700 }) }),
  fc.record({ do: fc.constantFrom("cut", "flush") }),
);

/** The values that a read may give: the last one written, while it is fresh and not invalidated. */
class Model {
  readonly #values = new Map<string, { value: number; until: number; tags: string[] }>();
  now = 0;

  set(of: string, value: number, tagged: string[]): void {
    this.#values.set(of, { value, until: this.now + 1000, tags: tagged });
  }

  get(of: string): number | undefined {
    const found = this.#values.get(of);
    return found !== undefined && this.now < found.until ? found.value : undefined;
  }

  delete(of: string): void {
    this.#values.delete(of);
  }

  tag(tag: string): void {
    for (const [of, { tags: tagged }] of this.#values) if (tagged.includes(tag)) this.#values.delete(of);
  }

  clear(): void {
    this.#values.clear();
  }
}

async function check(steps: readonly Step[], isShared: boolean): Promise<void> {
  const clock = manualClock();
  const remote = memoryTier({ clock, deadline: "1h" });
  const options = { name: "model", ttl: 1000, clock, jitter: 0, earlyRefresh: 0 };
  const alone = createCache<number>(options);
  const caches = isShared
    ? [createCache<number>({ ...options, remote }), createCache<number>({ ...options, remote })]
    : [alone, alone];
  const model = new Model();
  let next = 0;
  // After a flush, a value may be in one memory or in none until the state is known again.
  let isFlushed = false;
  for (const one of steps) {
    await clock.advance(0);
    const cache = caches["process" in one ? one.process : 0] ?? alone;
    if (one.do === "set") {
      model.set(one.key, ++next, one.tags);
      await cache.set(one.key, next, { tags: one.tags });
    } else if (one.do === "load" || one.do === "fresh") {
      const value = ++next;
      const expected = one.do === "load" ? model.get(one.key) : undefined;
      const got = await cache.getOrLoad(one.key, () => value, { tags: one.tags, fresh: one.do === "fresh" });
      if (isFlushed) expect([expected, value]).toContain(got);
      else expect(got).toBe(expected ?? value);
      if (got === value) model.set(one.key, value, one.tags);
    } else if (one.do === "get") {
      const got = await cache.get(one.key);
      expect(isFlushed ? [model.get(one.key), undefined] : [model.get(one.key)]).toContain(got);
    } else if (one.do === "many") {
      for (const [of, value] of await cache.getMany(KEYS)) expect(value).toBe(model.get(of));
    } else if (one.do === "delete") {
      model.delete(one.key);
      await cache.delete(one.key);
    } else if (one.do === "tag") {
      model.tag(one.tag);
      await cache.invalidateTag(one.tag);
    } else if (one.do === "clear") {
      model.clear();
      await cache.clear();
    } else if (one.do === "pass") {
      await clock.advance(one.time);
      model.now += one.time;
    } else if (one.do === "cut") remote.cut();
    else {
      remote.flush();
      isFlushed = true;
    }
  }
  await Promise.all([...caches, alone].map((cache) => cache.close()));
}

describe("a sequence of calls gives what a simple model gives", () => {
  test("in one process", async () => {
    const steps = fc.array(step, { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, (some) => check(some, false)),
      { numRuns: 100 },
    );
  });

  test("in two processes, with cut subscriptions and a store that is emptied", async () => {
    const steps = fc.array(step, { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(steps, (some) => check(some, true)),
      { numRuns: 60 },
    );
  });
});
