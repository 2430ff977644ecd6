import { runWithContext } from "@seaworthy/core";
import { describe, expect, test } from "vitest";
import { createLogger, type LoggerOptions } from "./create-logger.ts";
import { captureLogs } from "./testing.ts";

const ALL = ["principal", "tenant", "address"] as const;
const request = {
  correlationId: "r-1",
  principal: { id: "u-42", roles: ["buyer"] },
  tenant: "acme",
  client: { address: "203.0.113.7", userAgent: "curl" },
};

describe("facts about the caller", () => {
  test("are not in a line by default", () => {
    const { logger, lines } = captureLogs();
    runWithContext(request, () => logger.info("m"));
    expect(lines[0]).not.toMatch(/u-42|acme|203/);
  });

  test("are in each line of a request, each one as it is listed", () => {
    for (const caller of [ALL, ["principal"], ["address"]] as const) {
      const { logger, records } = captureLogs({ caller });
      runWithContext(request, () => {
        logger.info("one");
        logger.child({ a: 1 }).info("two");
      });
      logger.info("outside");
      const expected = {
        ...(caller.includes("principal" as never) ? { principalId: "u-42" } : {}),
        ...(caller.includes("tenant" as never) ? { tenant: "acme" } : {}),
        ...(caller.includes("address" as never) ? { clientAddress: "203.0.113.7" } : {}),
      };
      const seen = records.map(({ principalId, tenant, clientAddress }) =>
        JSON.parse(JSON.stringify({ principalId, tenant, clientAddress })),
      );
      expect(seen).toEqual([expected, expected, {}]);
    }
  });

  test("follow the context, also if it has no correlation id", () => {
    const { logger, records } = captureLogs({ caller: ["principal"] });
    runWithContext({ principal: { id: "one" } }, () => {
      logger.info("m");
      runWithContext({ principal: { id: "two" } }, () => logger.info("m"));
      logger.info("m");
    });
    expect(records.map(({ principalId }) => principalId)).toEqual(["one", "two", "one"]);
  });

  test("take the tenant of the principal if the context has none, and numbers as strings", () => {
    const { logger, records } = captureLogs({ caller: ALL });
    const principal = { id: 7 as unknown as string, tenant: 12 };
    runWithContext({ principal }, () => logger.info("m"));
    expect(records[0]).toMatchObject({ principalId: "7", tenant: "12" });
    expect(records[0]).not.toHaveProperty("clientAddress");
  });

  test("have the names of the format", () => {
    const names: Record<string, readonly string[]> = {
      ecs: ["user.id", "organization.id", "client.address"],
      datadog: ["usr.id", "tenant", "network.client.ip"],
      gcp: ["principalId", "tenant", "clientAddress"],
    };
    for (const [format, keys] of Object.entries(names)) {
      const { logger, records } = captureLogs({ caller: ALL, format: format as NonNullable<LoggerOptions["format"]> });
      runWithContext(request, () => logger.info("m"));
      expect(keys.map((key) => records[0]?.[key])).toEqual(["u-42", "acme", "203.0.113.7"]);
    }
    const { logger, records } = captureLogs({ caller: ALL, format: "otel" });
    runWithContext(request, () => logger.info("m"));
    expect(records[0]?.Attributes).toMatchObject({
      "user.id": "u-42",
      tenant: "acme",
      "client.address": "203.0.113.7",
    });
  });

  test("cannot be forged by a field or a binding of the same name", () => {
    const { logger, records, lines } = captureLogs({ caller: ["principal"] });
    runWithContext(request, () => logger.child({ principalId: "bound" }).info({ principalId: "forged" }, "m"));
    expect(records[0]).toMatchObject({ principalId: "u-42", principalId_: "bound", principalId__: "forged" });
    expect(lines[0]?.match(/"principalId":/g)).toHaveLength(1);
    logger.info({ principalId: "free" }, "outside");
    expect(records[1]).toMatchObject({ principalId: "free" });
  });

  test("are not written twice if a field repeats them, as the access log does", () => {
    const { logger, lines, records } = captureLogs({ caller: ["principal", "address"] });
    runWithContext(request, () =>
      logger.info({ path: "/orders", clientAddress: "203.0.113.7", principalId: "u-42", status: 200 }, "m"),
    );
    expect(records[0]).toMatchObject({
      principalId: "u-42",
      clientAddress: "203.0.113.7",
      path: "/orders",
      status: 200,
    });
    expect(lines[0]).not.toMatch(/principalId_|clientAddress_/);
    expect(lines[0]?.match(/u-42/g)).toHaveLength(1);
  });

  test("are cut, and never break a line, whatever the context has", () => {
    const { logger, lines, records } = captureLogs({ caller: ALL });
    const throwing = Object.defineProperty({}, "id", {
      get: () => {
        throw new Error("no");
      },
    });
    const contexts: object[] = [
      { principal: { id: `a"\n${"x".repeat(1000)}` } },
      { principal: throwing, client: null, tenant: {} },
      { principal: "u-1", client: "c", tenant: Symbol("t") },
    ];
    for (const context of contexts) runWithContext(context as typeof request, () => logger.info("m"));
    expect(lines).toHaveLength(3);
    expect(String(records[0]?.principalId).length).toBeLessThan(160);
    for (const record of records.slice(1)) expect(record).not.toHaveProperty("principalId");
  });
});

test.each([
  [{ caller: "principal" }, "caller must be an array"],
  [{ caller: null }, "caller must be an array"],
  [{ caller: ["user"] }, "caller[0] must be one of"],
  [{ caller: ["principal"], context: false }, "caller needs the context"],
  [{ caller: ["principal"], format: { base: { principalId: 1 } } }, 'two members called "principalId"'],
])("refuses %j", (options, message) => {
  expect(() => createLogger(options as LoggerOptions)).toThrow(TypeError);
  expect(() => createLogger(options as LoggerOptions)).toThrow(message);
});
