import { expect, test, vi } from "vitest";
import { guardedFetch, policy } from "./index.ts";

const URL_ = "http://upstream.example/items";

test.each([204, 205, 304])(
  "an answer %i, which has no body, ends with its headers and frees its slot",
  async (status) => {
    const guarded = policy("p", { bulkhead: { concurrency: 1 } });
    const get = guardedFetch(guarded, async () => new Response(null, { status }), { verdict: "body" });
    expect((await get(URL_)).status).toBe(status);
    await vi.waitFor(() => expect(guarded.bulkhead?.active).toBe(0));
    expect((await get(URL_)).status).toBe(status);
  },
);

test("a reader that stops early is not a failure of the upstream", async () => {
  const guarded = policy("p", { bulkhead: { concurrency: 1 }, breaker: { minimumCalls: 1 } });
  const chunks = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(10)) });
  const response = await guardedFetch(guarded, async () => new Response(chunks), { verdict: "body" })(URL_);
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await vi.waitFor(() => expect(guarded.bulkhead?.active).toBe(0));
  expect(guarded.breaker?.state).toBe("closed");
  expect(guarded.breaker?.stats()).toMatchObject({ failures: 0 });
});
