import { manualClock } from "@seaworthy/core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCors } from "./cors.ts";
import { Edge } from "./internal/edge-core.ts";
import { Exchange } from "./internal/exchange.ts";
import type { Incoming } from "./internal/exchange-parts.ts";
import { checkRule } from "./internal/limit-rules.ts";
import { requestId } from "./request-id.ts";

const incoming = (headers: Record<string, string> = {}, path = "/"): Incoming => ({
  method: "GET",
  path,
  query: "",
  host: undefined,
  socketAddress: "10.0.0.9",
  header: (name) => headers[name],
});

test("whatever a client sends as an id, the one in use is safe to log and to echo", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (given) => {
      const id = requestId(given);
      expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:~+/=@-]{0,127}$/);
      if (id !== given) expect(id).toHaveLength(36);
    }),
  );
});

test("whatever is thrown, the answer is a problem document with a sound status, and its making never throws", () => {
  const edge = new Edge({ clock: manualClock() });
  const anything = fc.oneof(
    fc.anything(),
    fc.record({
      status: fc.anything(),
      statusCode: fc.anything(),
      code: fc.anything(),
      type: fc.anything(),
      limit: fc.anything(),
    }),
  );
  fc.assert(
    fc.property(anything, (thrown) => {
      const { status, body } = new Exchange(edge, incoming()).problem(thrown);
      const problem = JSON.parse(body) as { status: number; correlationId: string };
      expect(problem.status).toBe(status);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThanOrEqual(599);
      expect(problem.correlationId).toHaveLength(36);
    }),
  );
});

describe("a wildcard origin", () => {
  const cors = createCors({ origins: ["https://*.shop.example", "https://*.shop.example:8443"] });
  const admits = (origin: string): boolean => cors.preflight(origin) !== undefined;

  test("admits exactly one label of letters, digits and dashes in front of its host", () => {
    expect(admits("https://a.shop.example")).toBe(true);
    expect(admits("https://a.shop.example:8443")).toBe(true);
    const no =
      "https://shop.example https://.shop.example https://a.b.shop.example http://a.shop.example https://a.shop.example:1 https://a.shop.example.evil https://evilshop.example https://a/.shop.example https://user@.shop.example";
    for (const origin of no.split(" ")) expect(admits(origin), origin).toBe(false);
  });

  test("admits nothing else whatever stands in the place of its label", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (label) => {
        expect(admits(`https://${label}.shop.example`)).toBe(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
      }),
    );
  });
});

describe("what a limit matches", () => {
  const decision = { allowed: true, limit: 1, remaining: 0, resetAfter: 0, retryAfter: 0 };
  const limiter = { consume: async () => decision };
  const matches = (match: string, method: string, path: string): boolean =>
    checkRule({ limiter, match }).matches({ ...incoming(), id: "", address: "", method, path });

  test("is a path and what lies below it, of one method where one is named", () => {
    expect(matches("/login", "GET", "/login")).toBe(true);
    expect(matches("/login", "POST", "/login/totp")).toBe(true);
    expect(matches("/login", "GET", "/loginx")).toBe(false);
    expect(matches("POST /login", "GET", "/login")).toBe(false);
    expect(matches("POST /login", "POST", "/login")).toBe(true);
    expect(matches("/", "GET", "/anything")).toBe(true);
  });

  test("is the same path however its letters and slashes are written, and GET is HEAD too", () => {
    for (const path of ["/LOGIN", "/%6Cogin", "//login", "/login//totp", "/login%2Ftotp", "/login/%zz"])
      expect(matches("/Login", "GET", path), path).toBe(true);
    expect(matches("GET /login", "HEAD", "/login")).toBe(true);
    expect(matches("POST /login", "HEAD", "/login")).toBe(false);
  });

  test("is never a pattern, which as text would match nothing", () => {
    for (const match of [/\/login/, ["/login"], 7, "login"])
      expect(() => checkRule({ limiter, match: match as string })).toThrow(/limits: match must be a path/);
  });
});
