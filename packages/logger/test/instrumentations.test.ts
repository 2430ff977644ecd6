import { execFile } from "node:child_process";
import { tracingChannel } from "node:diagnostics_channel";
import { join } from "node:path";
import { promisify } from "node:util";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { createLogger } from "../src/index.ts";
import { captureLogs } from "../src/testing.ts";

const run = promisify(execFile);
const fixtures = join(import.meta.dirname, "fixtures");
const FLAGS = ["--conditions=@seaworthy/source", "--no-warnings"];

interface Seen {
  pino: unknown[];
  seaworthy: unknown[];
  seaworthySpan: string;
  lines: { pino: string[]; seaworthy: string[] };
}

/** What the tool has seen of the lines of pino and of a Seaworthy logger. */
async function seenBy(tool: string): Promise<Seen> {
  const program = join(fixtures, "log-instrumented.ts");
  const { stdout } = await run(process.execPath, [...FLAGS, "--import", join(fixtures, tool), program]);
  return JSON.parse(stdout) as Seen;
}

test("OpenTelemetry's instrumentation of pino exports every line, with its time, span and exception", async () => {
  const { pino: theirs, seaworthy: ours, seaworthySpan, lines } = await seenBy("use-otel.mjs");
  expect(theirs).toHaveLength(2);
  expect(ours).toHaveLength(2);
  expect(ours[0]).toMatchObject({
    severityText: "info",
    severityNumber: 9,
    body: "accepted",
    attributes: { orderId: 7, password: "[redacted]" },
    spanContext: { spanId: seaworthySpan },
    seconds: expect.closeTo((theirs[0] as { seconds: number }).seconds, -2),
  });
  expect(ours[1]).toMatchObject({
    severityText: "error",
    body: "failed",
    attributes: {
      shop: "north",
      "exception.message": "refused",
      "exception.stacktrace": expect.stringContaining("TypeError: refused") as string,
    },
  });
  expect(ours[1]).not.toHaveProperty("attributes.time");
  expect(lines.seaworthy).toHaveLength(2);
  expect(JSON.parse(lines.seaworthy[0] as string)).toMatchObject({ span_id: seaworthySpan, spanId: seaworthySpan });
}, 60_000);

test("Sentry's integration of pino gets the log entries and the error event that it gets from pino", async () => {
  const { pino: theirs, seaworthy: ours, lines } = await seenBy("use-sentry.mjs");
  expect(ours).toHaveLength(theirs.length);
  const logs = (envelopes: unknown[]): Record<string, unknown>[] =>
    envelopes
      .map(String)
      .filter((text) => text.includes('"type":"log"'))
      .flatMap((text) => (JSON.parse(text.split("\n")[2] as string) as { items: Record<string, unknown>[] }).items);
  const essence = ({ level, body, severity_number, attributes }: Record<string, unknown>): object => ({
    level,
    body,
    severity_number,
    names: Object.keys(attributes as object),
  });
  expect(logs(theirs)).toHaveLength(2);
  expect(logs(ours).map(essence)).toEqual(logs(theirs).map(essence));
  expect(logs(ours)[0]).toMatchObject({ attributes: { password: { value: "[redacted]" } } });
  const event = (envelopes: unknown[]): Record<string, unknown> =>
    JSON.parse(String(envelopes.find((text) => String(text).includes('"type":"event"'))).split("\n")[2] as string);
  expect(event(ours)).toMatchObject({
    level: "error",
    exception: { values: [{ type: "TypeError", value: "refused", mechanism: { type: "auto.log.pino" } }] },
    contexts: { pino: { shop: "north", msg: "failed" } },
  });
  expect(event(ours).logger).toBe(event(theirs).logger);
  expect(lines.seaworthy).toHaveLength(2);
}, 60_000);

describe("the tracing channel of pino", () => {
  test("publishes the same for a Seaworthy logger as for a logger of pino", () => {
    const published: Record<string, unknown>[] = [];
    const end = (message: unknown): void => void published.push(message as Record<string, unknown>);
    const channel = tracingChannel("pino_asJson");
    channel.end.subscribe(end);
    const { logger, lines } = captureLogs();
    const error = new Error("refused");
    try {
      const theirs = pino({ level: "trace" }, { write: () => undefined });
      for (const each of [theirs, logger]) {
        each.info("plain");
        each.warn({ a: 1 }, "with fields");
        each.child({ c: 2 }).error(error, "with an error");
      }
    } finally {
      channel.end.unsubscribe(end);
    }
    const [theirs, ours] = [published.slice(0, 3), published.slice(3)];
    const argumentsOf = (message: Record<string, unknown>): unknown[] =>
      Array.from(message.arguments as ArrayLike<unknown>).slice(0, 3);
    expect(ours.map(argumentsOf)).toEqual(theirs.map(argumentsOf));
    const { arguments: last } = ours[2] as { arguments: unknown[] };
    expect(last[3]).toMatch(/^,"time":"2\d{3}-/);
    expect(ours.map(({ result }) => String(result).trimEnd())).toEqual(lines);
    expect(ours[0]?.instance).toBe(logger);
    logger.info("without a subscriber");
    expect(published).toHaveLength(6);
  });
});

test("a destination that is a pino.multistream receives the lines of its levels", () => {
  const [all, errors]: [string[], string[]] = [[], []];
  const stream = pino.multistream([
    { level: "info", stream: { write: (line: string) => void all.push(line) } },
    { level: "error", stream: { write: (line: string) => void errors.push(line) } },
  ]);
  const logger = createLogger({ destinations: stream });
  logger.info("first");
  logger.error("second");
  expect([all.length, errors.length]).toEqual([2, 1]);
});
