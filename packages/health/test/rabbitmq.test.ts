import { connect } from "amqplib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createHealth, type RabbitmqConnection, rabbitmqCheck } from "../src/index.ts";
import { reachable } from "./reachable.ts";
import { runCheck } from "./run-check.ts";

const url = process.env.AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672";
const runs = await reachable(url);
type Connection = Awaited<ReturnType<typeof connect>>;

describe.skipIf(!runs)("rabbitmqCheck on RabbitMQ", () => {
  const prefix = `seaworthy.health.${process.pid}`;
  const full = `${prefix}.full`;
  const quiet = `${prefix}.quiet`;
  let connection: Connection;

  beforeAll(async () => {
    connection = await connect(url);
    connection.on("error", () => undefined);
    const channel = await connection.createConfirmChannel();
    for (const queue of [full, quiet]) await channel.assertQueue(queue, { durable: false });
    for (let i = 0; i < 5; i++) channel.sendToQueue(full, Buffer.from(`${i}`));
    await channel.waitForConfirms();
    await channel.close();
  });
  afterAll(async () => {
    const channel = await connection.createChannel();
    for (const queue of [full, quiet]) await channel.deleteQueue(queue);
    await connection.close();
  });

  /** The connection, with each queue that a check declares and each channel that it leaves open. */
  function watched(): { connection: RabbitmqConnection; declared: string[]; open: Set<unknown> } {
    const declared: string[] = [];
    const open = new Set<unknown>();
    return {
      declared,
      open,
      connection: {
        createConfirmChannel: async () => {
          const channel = await connection.createConfirmChannel();
          open.add(channel);
          channel.once("close", () => open.delete(channel));
          const assertQueue = channel.assertQueue.bind(channel);
          channel.assertQueue = async (name, options) => {
            const answer = await assertQueue(name, options);
            declared.push(answer.queue);
            return answer;
          };
          return channel;
        },
      },
    };
  }

  test("publishes and gets a message on one queue that it keeps, and opens another if its channel is closed", async () => {
    const watch = watched();
    const check = rabbitmqCheck(watch.connection);
    for (let probe = 0; probe < 3; probe++)
      expect(await runCheck(check)).toMatchObject({ status: "healthy", data: { latency: expect.any(Number) } });
    expect(watch.declared).toHaveLength(1);
    expect(watch.open.size).toBe(1);
    await ([...watch.open][0] as { close(): Promise<void> }).close();
    expect((await runCheck(check)).status).toBe("healthy");
    expect(watch.declared).toHaveLength(2);
    const channel = await connection.createChannel();
    channel.on("error", () => undefined);
    expect(await channel.checkQueue(watch.declared[1] as string)).toMatchObject({ messageCount: 0 });
    await channel.close();
  });

  test("a run that was cut leaves a message behind, which the next one passes over on a channel of its own", async () => {
    const watch = watched();
    const check = rabbitmqCheck(watch.connection);
    await runCheck(check);
    const cut = new AbortController();
    const run = check(cut.signal) as Promise<unknown>;
    cut.abort(new Error("too late"));
    await expect(run).rejects.toThrow();
    expect((await runCheck(check)).status).toBe("healthy");
    expect(watch.declared).toHaveLength(2);
    await vi.waitFor(() => expect(watch.open.size).toBe(1));
  });

  test("queues of its own are gone when the connection is", async () => {
    const own = await connect(url);
    const channels: { queue: string }[] = [];
    const check = rabbitmqCheck({
      createConfirmChannel: async () => {
        const channel = await own.createConfirmChannel();
        const assertQueue = channel.assertQueue.bind(channel);
        channel.assertQueue = async (name, options) => {
          const answer = await assertQueue(name, options);
          channels.push(answer);
          return answer;
        };
        return channel;
      },
    });
    expect((await runCheck(check)).status).toBe("healthy");
    await own.close();
    const channel = await connection.createChannel();
    channel.on("error", () => undefined);
    await expect(channel.checkQueue(channels[0]?.queue as string)).rejects.toThrow(/NOT_FOUND|NOT-FOUND/);
  });

  test("counts the messages of named queues, and is degraded above a limit", async () => {
    const report = await runCheck(
      rabbitmqCheck(connection, { queues: { [full]: { degradedAt: 5 }, [quiet]: { degradedAt: 1 } } }),
    );
    expect(report).toMatchObject({ status: "degraded", error: "HEALTH_QUEUE_DEEP" });
    expect(report.data?.queues).toEqual({
      [full]: { messages: 5, consumers: 0 },
      [quiet]: { messages: 0, consumers: 0 },
    });
    for (const thresholds of [{ degradedAt: 6 }, {}])
      expect((await runCheck(rabbitmqCheck(connection, { queues: { [full]: thresholds } }))).status).toBe("healthy");
  });

  test("a missing queue is unhealthy, said beside the others, and harms neither process nor connection", async () => {
    const watch = watched();
    const check = rabbitmqCheck(watch.connection, {
      queues: { [`${prefix}.nowhere`]: {}, [full]: { degradedAt: 10 } },
    });
    const report = await runCheck(check);
    expect(report).toMatchObject({ status: "unhealthy", error: "HEALTH_QUEUE_MISSING" });
    expect(report.data?.queues).toEqual({
      [`${prefix}.nowhere`]: { missing: true },
      [full]: { messages: 5, consumers: 0 },
    });
    expect(watch.open.size).toBe(1); // that of the probe
    expect((await runCheck(rabbitmqCheck(connection))).status).toBe("healthy");
  });

  test("can do without publishing", async () => {
    const watch = watched();
    expect((await runCheck(rabbitmqCheck(watch.connection, { publish: false }))).status).toBe("healthy");
    expect(watch.declared).toEqual([]);
    expect(watch.open.size).toBe(0);
  });

  test("a closed connection is unhealthy, and a function may give a new one", async () => {
    let current: Connection | undefined = await connect(url);
    const health = createHealth({ timeout: "10s" });
    health.add(
      "broker",
      rabbitmqCheck(() => current),
    );
    expect((await health.report()).status).toBe("healthy");
    await current.close();
    expect((await health.report()).checks.broker).toMatchObject({ status: "unhealthy", error: "HEALTH_NOT_CONNECTED" });
    current = undefined;
    expect((await health.report()).checks.broker).toMatchObject({ status: "unhealthy", error: "HEALTH_NOT_CONNECTED" });
    current = await connect(url);
    expect((await health.report()).status).toBe("healthy");
    health.add(
      "async",
      rabbitmqCheck(async () => current),
    );
    expect((await health.report()).checks.async).toMatchObject({ status: "healthy" });
    await current.close();
  });
});

describe("rabbitmqCheck", () => {
  test.each([undefined, null])("a function that gives %s, at once or later, has no connection", async (none) => {
    for (const connection of [() => none, async () => none]) {
      const report = await runCheck(rabbitmqCheck(connection));
      expect(report).toMatchObject({ status: "unhealthy", error: "HEALTH_NOT_CONNECTED" });
    }
  });

  test.each<[string, unknown, unknown?]>([
    ["what is not a connection", {}],
    ["an unknown option", () => undefined, { queue: "a" }],
    ["a number instead of thresholds", () => undefined, { queues: { a: 5 } }],
    ["queues in an array", () => undefined, { queues: ["a"] }],
    ["a negative limit", () => undefined, { queues: { a: { degradedAt: -1 } } }],
    ["a limit that is NaN", () => undefined, { queues: { a: { degradedAt: Number.NaN } } }],
    ["publish that is not a boolean", () => undefined, { publish: "no" }],
  ])("refuses %s", (_, connection, options) => {
    expect(() => rabbitmqCheck(connection as never, options as never)).toThrow(TypeError);
  });
});
