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
