import { describe, expect, test } from "vitest";
import {
  breakerCheck,
  type Check,
  certificateCheck,
  createHealth,
  httpCheck,
  postgresCheck,
  rabbitmqCheck,
  redisCheck,
  redisModulesCheck,
  vectorIndexCheck,
} from "../src/index.ts";

const redis = { call: async () => "" };
const sql = { query: async () => ({ rows: [] }) };

describe("group live", () => {
  test.each<[string, Check]>([
    ["postgresCheck", postgresCheck(sql)],
    ["redisCheck", redisCheck(redis)],
    ["redisModulesCheck", redisModulesCheck(redis, { modules: ["search"] })],
    ["rabbitmqCheck", rabbitmqCheck(() => undefined)],
    ["vectorIndexCheck on Redis", vectorIndexCheck(redis, { index: "a" })],
    ["vectorIndexCheck on SQL", vectorIndexCheck(sql, { table: "a" })],
    ["httpCheck", httpCheck("http://localhost/")],
    ["certificateCheck of a server", certificateCheck({ host: "localhost" })],
    ["breakerCheck", breakerCheck({ state: "closed" })],
  ])("refuses %s when it is added", (_, check) => {
    expect(() => createHealth().add("it", check, { groups: ["ready", "live"] })).toThrow(TypeError);
    createHealth().add("it", check, { groups: ["ready", "startup"] });
  });
});
