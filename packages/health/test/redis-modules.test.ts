import { existsSync } from "node:fs";
import type { RedisClient } from "@seaworthy/core";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterEach, describe, expect, test } from "vitest";
import { redisModulesCheck } from "../src/index.ts";
import { installed, REDIS_SERVER, reachable, startRedis } from "./reachable.ts";
import { runCheck } from "./run-check.ts";

const redisUrl = process.env.REDIS_URL ?? "redis://127.0.0.1:6379";
const redisRuns = await reachable(redisUrl);
const MODULE = process.env.REDISEARCH_MODULE ?? "/usr/lib/redis/modules/redisearch.so";
if (!existsSync(MODULE)) console.log("Skipped: no RediSearch module; set REDISEARCH_MODULE to its path.");
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function nodeRedis(url: string, RESP: 2 | 3): Promise<RedisClient> {
  const client = createClient({ url, RESP });
  client.on("error", () => undefined);
  await client.connect();
  ends.push(() => client.destroy());
  return { sendCommand: (words: string[]) => client.sendCommand(words) } as RedisClient;
}

const clients: Record<string, (url: string) => Promise<RedisClient>> = {
  ioredis: async (url) => {
    const client = new Redis(url);
    ends.push(() => client.disconnect());
    return client;
  },
  "node-redis over RESP2": (url) => nodeRedis(url, 2),
  "node-redis over RESP3": (url) => nodeRedis(url, 3),
};

describe.each(Object.entries(clients))("redisModulesCheck through %s", (_, connect) => {
  test.skipIf(!redisRuns)("a module that is not loaded is unhealthy", async () => {
    const check = redisModulesCheck(await connect(redisUrl), { modules: ["never-written"] });
    expect(await runCheck(check)).toMatchObject({
      status: "unhealthy",
      error: "HEALTH_MODULE_MISSING",
      data: { latency: expect.any(Number), modules: { "never-written": null } },
    });
  });

  test.skipIf(!existsSync(MODULE) || !installed(REDIS_SERVER))("finds the real module, and its version", async () => {
    const server = await startRedis(["--loadmodule", MODULE]);
    ends.push(() => server.kill());
    const client = await connect(server.url);
    expect(await runCheck(redisModulesCheck(client, { modules: ["search"] }))).toMatchObject({
      status: "healthy",
      data: { modules: { search: expect.stringMatching(/^\d+\.\d+\.\d+$/) } },
    });
    expect(await runCheck(redisModulesCheck(client, { modules: ["SEARCH", "json"] }))).toMatchObject({
      status: "unhealthy",
      data: { modules: { SEARCH: expect.any(String), json: null } },
    });
  });
});

describe("redisModulesCheck", () => {
  const answering = (reply: unknown): RedisClient => ({ call: async () => reply });

  test("takes json for ReJSON, and a slow answer for degraded", async () => {
    const reply = [
      new Map<string, unknown>([
        ["name", Buffer.from("ReJSON")],
        ["ver", 20_609],
      ]),
    ];
    const check = redisModulesCheck(answering(reply), { modules: ["json"], latency: { degradedAt: 0.000_001 } });
    expect(await runCheck(check)).toMatchObject({ status: "degraded", data: { modules: { json: "2.6.9" } } });
  });

  test.each([[null], ["OK"], [[]], [[[]]], [[7]], [[["name", "search"]]]])(
    "reads the answer %j without harm",
    async (reply) => {
      const report = await runCheck(redisModulesCheck(answering(reply), { modules: ["json"] }));
      expect(report.error).toBe("HEALTH_MODULE_MISSING");
    },
  );

  test("an account that may not list the modules is reported as such", async () => {
    const call = () =>
      Promise.reject(new Error("NOPERM this user has no permissions to run the 'module|list' command"));
    const report = await runCheck(redisModulesCheck({ call }, { modules: ["json"] }));
    expect(report).toMatchObject({ status: "unhealthy", error: "NOPERM" });
  });

  test.each<[string, unknown, unknown]>([
    ["what is not a client", {}, { modules: ["json"] }],
    ["missing modules", answering([]), {}],
    ["an empty array", answering([]), { modules: [] }],
    ["a string", answering([]), { modules: "json" }],
    ["an empty name", answering([]), { modules: [""] }],
    ["a name of the prototype", answering([]), { modules: ["__proto__"] }],
    ["an unknown option", answering([]), { modules: ["json"], module: "x" }],
  ])("rejects %s", (_, client, options) => {
    expect(() => redisModulesCheck(client as never, options as never)).toThrow(TypeError);
  });
});
