import { type Clock, type Duration, type RedisClient, redisCommand } from "@seaworthy/core";
import { checkOptions, clockOption, showValue } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { elapsed, Findings, remote } from "../internal/built-in.ts";
import { LATENCY, levelsNamed } from "../internal/levels.ts";
import { connectionFlaw, redisClient, replyMap, replyText } from "../internal/redis.ts";
import type { Thresholds } from "../thresholds.ts";

/** Options of {@link redisModulesCheck}. */
export interface RedisModulesCheckOptions {
  /**
   * Names of the required modules, as `MODULE LIST` has them, in any case: `"search"`, `"ReJSON"`, `"timeseries"`,
   * `"bf"`. `"json"` stands for `"ReJSON"`, and `"search"` also for the `"ft"` of RediSearch 1.
   */
  modules: readonly string[];
  /** Time until the answer arrives, above 0, in milliseconds. @default never */
  latency?: Thresholds<Duration>;
  /** @default systemClock */
  clock?: Clock;
}

const OPTIONS = ["modules", "latency", "clock"];
const NAME = /^[\w-]{1,64}$/;
/** Names that a module has in other versions, or in common usage. RediSearch is called `ft` before 2.0. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["json", "rejson"],
  ["search", "ft"],
]);

/**
 * Checks by `MODULE LIST` that a Redis server has loaded the modules that the service needs. A module that is missing is
 * unhealthy.
 *
 * Data: `latency` in milliseconds, and `modules`: the version of each required module, or `null` if it is missing.
 *
 * @throws TypeError if the client is not one of ioredis or node-redis, or an option is unknown or malformed
 * @example
 * ```ts
 * import { createHealth, redisModulesCheck } from "@seaworthy/health";
 * const client = { call: async () => [["name", "search", "ver", 20_811]] }; // of ioredis
 * const health = createHealth();
 * health.add("modules", redisModulesCheck(client, { modules: ["search", "json"] }));
 * const { error, data } = (await health.report()).checks.modules ?? {};
 * console.log(error, data?.modules); // HEALTH_MODULE_MISSING { search: '2.8.11', json: null }
 * ```
 */
export function redisModulesCheck(client: RedisClient, options: RedisModulesCheckOptions): Check {
  redisClient(client);
  checkOptions("redisModulesCheck", options, OPTIONS);
  const required = moduleNames(options.modules);
  const clock = clockOption("clock", options.clock);
  const levels = levelsNamed("latency", LATENCY, options.latency);
  return remote(async () => {
    const flaw = connectionFlaw(client);
    if (flaw !== undefined) return { status: "unhealthy", error: flaw };
    const found = new Findings();
    const start = clock.monotonic();
    const loaded = versionsIn(await redisCommand(client, "MODULE", "LIST"));
    const latency = elapsed(clock, start);
    const modules: Record<string, string | null> = {};
    for (const name of required) {
      const key = name.toLowerCase();
      modules[name] = loaded.get(key) ?? loaded.get(OTHER_NAMES.get(key) ?? key) ?? null;
      if (modules[name] === null) found.add("unhealthy", "HEALTH_MODULE_MISSING");
    }
    Object.assign(found.data, { latency, modules });
    found.judge(latency, levels, "HEALTH_SLOW");
    return found.outcome();
  });
}

function moduleNames(modules: readonly string[]): readonly string[] {
  const isName = (name: unknown): boolean => typeof name === "string" && NAME.test(name) && name !== "__proto__";
  if (!Array.isArray(modules) || modules.length === 0 || !modules.every(isName))
    throw new TypeError(`modules must be an array of names such as "search"; got ${showValue(modules)}`);
  return [...modules];
}

/** The versions in an answer of `MODULE LIST`, by the names of the modules in lower case. */
function versionsIn(reply: unknown): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  for (const entry of Array.isArray(reply) ? reply : []) {
    const facts = replyMap(entry);
    versions.set(replyText(facts.get("name")).toLowerCase(), versionOf(Number(replyText(facts.get("ver")))));
  }
  return versions;
}

/** Modules count their version as `major * 10000 + minor * 100 + patch`. */
function versionOf(number: number): string {
  if (!Number.isSafeInteger(number)) return "unknown";
  return `${Math.floor(number / 10_000)}.${Math.floor(number / 100) % 100}.${number % 100}`;
}
