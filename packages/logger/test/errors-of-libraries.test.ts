import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import axios from "axios";
import createHttpError from "http-errors";
import pg from "pg";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { captureLogs } from "../src/testing.ts";

const databaseUrl = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
type Line = { msg?: string; err: Record<string, unknown> };

/** The error as both loggers write it. */
function write(error: unknown): { ours: Line; theirs: Line } {
  const { logger, records } = captureLogs();
  const lines: string[] = [];
  const reference = pino({}, { write: (line: string) => void lines.push(line) });
  for (const log of [logger, reference]) log.error(error);
  return { ours: records[0] as unknown as Line, theirs: JSON.parse(lines[0] as string) as Line };
}

/** Every plain member that pino writes, without the text of the stack, and without a name that only repeats the type. */
function plainMembers({ err }: Line): Record<string, unknown> {
  const { stack: _, ...members } = err;
  if (members.name === members.type) delete members.name;
  return Object.fromEntries(Object.entries(members).filter(([, value]) => typeof value !== "object" || value === null));
}

async function axiosError(): Promise<unknown> {
  const server = createServer((_, response) => response.writeHead(503, { "retry-after": "30" }).end("{}")).listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await axios
      .get(`http://127.0.0.1:${port}/orders`, { headers: { authorization: "Bearer not-for-logs" } })
      .catch((error: unknown) => error);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function postgresError(): Promise<unknown> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("create temporary table seaworthy_orders (id int constraint one_order primary key)");
    const insert = client.query("insert into seaworthy_orders values (7), (7)");
    return await insert.catch((error: unknown) => error);
  } finally {
    await client.end();
  }
}

async function runs(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port || 5432), hostname);
  const opened = await Promise.race([
    once(socket, "connect").then(
      () => true,
      () => false,
    ),
    delay(1000, false),
  ]);
  socket.destroy();
  return opened;
}

const postgresRuns = await runs(databaseUrl);

describe("every plain member that pino writes of an error is at the same place here, for", () => {
  test("an error of axios, whose request and response do not show the credential", async () => {
    const { ours, theirs } = write(await axiosError());
    expect(plainMembers(theirs)).toMatchObject({ code: "ERR_BAD_RESPONSE", status: 503 });
    expect(ours.err).toMatchObject(plainMembers(theirs));
    expect(ours.err.config).toMatchObject({ method: "get" });
    expect(JSON.stringify(ours)).not.toContain("not-for-logs");
  });

  test.each([
    ["http-errors", createHttpError(404, "no such order", { orderId: 7 })],
    [
      "an OpenAI client",
      Object.assign(new Error("429 slow down"), { status: 429, type: "requests", param: null, code: "rate_limit" }),
    ],
    [
      "a retry library",
      Object.assign(new Error("busy"), { context: "orders", retryable: true, retryAfter: 30, expose: false }),
    ],
    [
      "Node itself",
      Object.assign(new Error("connect"), {
        errno: -111,
        code: "ECONNREFUSED",
        syscall: "connect",
        address: "127.0.0.1",
        port: 1,
      }),
    ],
    [
      "a wrapper",
      Object.assign(new Error("outer"), { original: Object.assign(new TypeError("inner"), { hint: "look" }) }),
    ],
  ])("%s", (_, error) => {
    // biome-ignore format: a table
    const { ours, theirs } = write(error);
    expect(ours.err).toMatchObject(plainMembers(theirs));
    expect(ours.msg).toBe(theirs.msg);
    for (const key of Object.keys(theirs.err)) expect(ours.err).toHaveProperty(key);
  });

  test.skipIf(!postgresRuns)("PostgreSQL", async () => {
    const { ours, theirs } = write(await postgresError());
    expect(plainMembers(theirs)).toMatchObject({ code: "23505", constraint: "one_order", severity: "ERROR" });
    expect(ours.err).toMatchObject(plainMembers(theirs));
  });
});

test("redaction of the logger applies inside an error, and nothing else is blanked there", () => {
  const error = Object.assign(new Error("x"), { token: "t-1", orderId: 7, nested: { plate: "AB-12" } });
  const own = captureLogs({ redact: { defaults: false, paths: ["orderId", "plate"] } });
  own.logger.error(error);
  expect(own.records[0]?.err).toMatchObject({ token: "t-1", orderId: "[redacted]", nested: { plate: "[redacted]" } });
});
