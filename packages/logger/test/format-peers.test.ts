import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ecsFormat } from "@elastic/ecs-pino-format";
import { pino } from "pino";
import { pinoLoki } from "pino-loki";
import { expect, test } from "vitest";
import { createLogger } from "../src/create-logger.ts";
import { captureLogs } from "../src/testing.ts";

test("pino-loki pushes lines with the time at which they were made", async () => {
  let received: (body: string) => void = () => undefined;
  const server = createServer((req, res) => {
    let body = "";
    req.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    req.on("end", () => {
      received(body);
      res.writeHead(204).end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (const time of ["epoch", "epochNanoseconds"] as const) {
    const before = Date.now();
    const pushed = new Promise<string>((resolve) => {
      received = resolve;
    });
    const stream = pinoLoki({ host: `http://127.0.0.1:${port}`, batching: false });
    const logger = createLogger({ name: "orders", format: { time }, destinations: [stream] });
    logger.info({ orderId: 7 }, "order accepted");
    const { streams } = JSON.parse(await pushed) as { streams: [{ values: [[string, string]] }] };
    const [timestamp, line] = streams[0].values[0];
    expect(timestamp).toMatch(/^\d{19}$/);
    expect(Number(BigInt(timestamp) / 1_000_000n)).toBeGreaterThanOrEqual(before);
    expect(Number(BigInt(timestamp) / 1_000_000n)).toBeLessThanOrEqual(Date.now());
    expect(line).toContain("order accepted");
    stream.end();
  }
  server.close();
});

test("the preset for Elastic has the members that Elastic's own formatter of pino writes", () => {
  const lines: string[] = [];
  const theirs = pino(
    { ...ecsFormat({ apmIntegration: false, serviceName: "orders" }) },
    { write: (line) => void lines.push(line) },
  );
  const { logger, records } = captureLogs({ name: "orders", format: "ecs" });
  for (const each of [theirs, logger]) {
    each.info({ orderId: 7 }, "accepted");
    each.error({ err: new TypeError("no") }, "failed");
  }
  for (const i of [0, 1]) {
    const line = JSON.parse(lines[i] as string) as Record<string, unknown>;
    const ours = records[i] as Record<string, unknown>;
    for (const [key, value] of Object.entries(line)) {
      expect(ours, key).toHaveProperty([key]);
      expect(typeof ours[key], key).toBe(typeof value);
      if (typeof value === "object")
        expect(Object.keys(ours[key] as object)).toEqual(expect.arrayContaining(Object.keys(value as object)));
    }
  }
});
