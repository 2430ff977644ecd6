import { randomUUID } from "node:crypto";
import type { Clock } from "@seaworthy/core";
import { checkOptions, flag, showValue } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { errors } from "../errors.ts";
import { elapsed, Findings, member, remote, stopIfAborted } from "../internal/built-in.ts";
import { soundClock } from "../internal/sound-clock.ts";
import { withDefault } from "../internal/with-default.ts";

/** What {@link rabbitmqCheck} needs of an amqplib channel. */
export interface RabbitmqChannel {
  assertQueue(queue: string, options?: object): Promise<{ queue: string }>;
  checkQueue(queue: string): Promise<{ messageCount: number; consumerCount: number }>;
  deleteQueue(queue: string): Promise<unknown>;
  sendToQueue(queue: string, content: Buffer, options?: object): boolean;
  get(queue: string, options?: object): Promise<false | { content: Buffer }>;
  waitForConfirms(): Promise<unknown>;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  close(): Promise<void>;
}

/** What {@link rabbitmqCheck} needs of an amqplib connection. */
export interface RabbitmqConnection {
  createConfirmChannel(): Promise<RabbitmqChannel>;
}

/** Options of {@link rabbitmqCheck}. */
export interface RabbitmqCheckOptions {
  /** Queues by name, each with the messages it may hold, 0 or more, before the check is degraded; `Infinity` only counts. @default none */
  queues?: Readonly<Record<string, number>>;
  /** Whether to publish a message to a queue of its own and get it back. @default true */
  publish?: boolean;
  /** @default systemClock */
  clock?: Clock;
}

type MaybeConnection = RabbitmqConnection | null | undefined;

const OPTIONS = ["queues", "publish", "clock"];
// Should the check be cut before it deletes its queue, the broker does.
const PROBE_QUEUE = { exclusive: true, durable: false, autoDelete: true, arguments: { "x-expires": 60_000 } };
const NOT_FOUND = 404;

/**
 * Opens a channel on a RabbitMQ connection of amqplib, publishes to an exclusive queue of its own and gets the message
 * back, and counts the messages of named queues. Give a function, async or not, where the host replaces its connection.
 *
 * Data: `latency` in milliseconds, `queues: { [name]: { messages, consumers } }`. A queue above its limit is degraded,
 * a missing one unhealthy.
 *
 * @throws TypeError when the connection cannot open confirm channels, or an option is unknown or out of bounds
 * @example
 * ```ts
 * import { createHealth, rabbitmqCheck, type RabbitmqConnection } from "@seaworthy/health";
 * let connection: RabbitmqConnection | undefined; // of amqplib's connect()
 * const health = createHealth();
 * health.add("broker", rabbitmqCheck(() => connection, { queues: { orders: 10_000 } }));
 * console.log((await health.report()).checks.broker?.error); // HEALTH_NOT_CONNECTED
 * ```
 */
export function rabbitmqCheck(
  connection: RabbitmqConnection | (() => MaybeConnection | PromiseLike<MaybeConnection>),
  options: RabbitmqCheckOptions = {},
): Check {
  if (typeof connection !== "function" && typeof member(connection, "createConfirmChannel") !== "function")
    throw new TypeError(
      `connection must be one of amqplib, or a function that gives one; got ${showValue(connection)}`,
    );
  checkOptions("rabbitmqCheck", options, OPTIONS);
  const clock = soundClock(options.clock);
  const publish = flag("publish", withDefault(options.publish, true));
  const queues = limitsOf(withDefault(options.queues, {}));

  return remote(async (signal) => {
    const current = typeof connection === "function" ? await connection() : connection;
    if (current === undefined || current === null) return { status: "unhealthy", error: "HEALTH_NOT_CONNECTED" };
    const found = new Findings();
    const start = clock.monotonic();
    await onChannel(current, async (channel) => {
      if (publish && !(await roundTrip(channel, signal))) found.add("unhealthy", "HEALTH_PROBE_MISMATCH");
    });
    found.data.latency = elapsed(clock, start);
    if (queues.length > 0) found.data.queues = await depths(current, queues, found, signal);
    return found.outcome();
  });
}

function limitsOf(queues: Readonly<Record<string, number>>): [string, number][] {
  if (typeof queues !== "object" || queues === null || Array.isArray(queues))
    throw new TypeError(`queues must map names to limits; got ${showValue(queues)}`);
  for (const [name, limit] of Object.entries(queues)) {
    if (name === "" || !(typeof limit === "number" && limit >= 0))
      throw new TypeError(`queues: the limit of ${JSON.stringify(name)} must be 0 or more; got ${showValue(limit)}`);
  }
  return Object.entries(queues);
}

/** Runs `use` on a channel of its own, and closes it whatever comes. */
async function onChannel<T>(connection: RabbitmqConnection, use: (channel: RabbitmqChannel) => Promise<T>): Promise<T> {
  const channel = await connection.createConfirmChannel().catch((error: unknown) => {
    // amqplib's word for a connection that is closed.
    throw member(error, "name") === "IllegalOperationError" ? errors.HEALTH_NOT_CONNECTED({}, { cause: error }) : error;
  });
  // A channel closed by the broker emits "error", which with no listener would end the process.
  channel.on("error", () => undefined);
  try {
    return await use(channel);
  } finally {
    // After a failure the channel is often closed already; that is not what failed.
    await new Promise<void>((resolve) => resolve(channel.close())).catch(() => undefined);
  }
}

async function roundTrip(channel: RabbitmqChannel, signal: AbortSignal): Promise<boolean> {
  const sent = randomUUID();
  const { queue } = await channel.assertQueue("", PROBE_QUEUE);
  try {
    stopIfAborted(signal);
    channel.sendToQueue(queue, Buffer.from(sent));
    await channel.waitForConfirms();
    stopIfAborted(signal);
    const message = await channel.get(queue, { noAck: true });
    return message !== false && message.content.toString() === sent;
  } finally {
    await channel.deleteQueue(queue);
  }
}

async function depths(
  connection: RabbitmqConnection,
  queues: readonly [string, number][],
  found: Findings,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const depth: Record<string, unknown> = {};
  for (const [name, limit] of queues) {
    stopIfAborted(signal);
    // Asking for a missing queue closes the channel, hence one for each.
    const counts = await onChannel(connection, (channel) => channel.checkQueue(name)).catch((error: unknown) => {
      if (member(error, "code") !== NOT_FOUND) throw error;
    });
    const messages = counts?.messageCount;
    depth[name] = counts === undefined ? { missing: true } : { messages, consumers: counts.consumerCount };
    if (messages === undefined) found.add("unhealthy", "HEALTH_QUEUE_MISSING");
    else if (messages > limit) found.add("degraded", "HEALTH_QUEUE_DEEP");
  }
  return depth;
}
