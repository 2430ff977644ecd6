import { manualClock } from "@seaworthy/core/testing";
import { expect, test } from "vitest";
import { type Cache, createCache } from "../src/index.ts";
import { memoryTier } from "../src/testing.ts";

const ways: Record<string, (cache: Cache<number>) => Promise<unknown>> = {
  "everything was invalidated": (cache) => cache.clear(),
  "its tag was invalidated": (cache) => cache.invalidateTag("t"),
};

test.each(Object.keys(ways))("a value that is loaded after %s is found by other processes", async (way) => {
  const clock = manualClock();
  const remote = memoryTier({ clock, deadline: "1h" });
  const options = { name: "refill", ttl: 1000, clock, jitter: 0, earlyRefresh: 0, remote };
  await using one = createCache<number>(options);
  await using other = createCache<number>(options);
  await one.set("c", 1, { tags: ["t"] });
  await one.set("d", 1, { tags: ["t"] });
  await clock.advance(1);
  await ways[way]?.(one);
  await clock.advance(1);
  expect(await one.getOrLoad("c", () => 2)).toBe(2);
  expect([...(await one.loadMany(["d"], () => new Map([["d", 3]])))]).toEqual([["d", 3]]);
  await clock.advance(1);
  expect(await other.get("c")).toBe(2);
  expect(await other.get("d")).toBe(3);
});
