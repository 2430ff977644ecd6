import type { Clock } from "@seaworthy/core";
import { checkOptions, flag, showValue } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { elapsed, Findings, member, remote, stopIfAborted } from "../internal/built-in.ts";
import { closeChannel, openChannel, RabbitmqProbe } from "../internal/rabbitmq-probe.ts";
import { soundClock } from "../internal/sound-clock.ts";
import { withDefault } from "../internal/with-default.ts";

/** What {@link rabbitmqCheck} needs of an amqplib channel. */
export interface RabbitmqChannel {
  assertQueue(queue: string, options?: object): Promise<{ queue: string }>;
  deleteQueue(queue: string): Promise<unknown>;
  checkQueue(queue: string): Promise<{ messageCount: number; consumerCount: number }>;
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
const NOT_FOUND = 404;

/**
 * Publishes to an exclusive queue of its own on a RabbitMQ connection of amqplib, gets the message back, and counts the
 * messages of named queues. The channel and the queue of the first run are kept for the next ones; the broker deletes
 * the queue when the connection ends. Give a function, async or not, if the host replaces its connection.
 *
 * Data: `latency` in milliseconds, `queues: { [name]: { messages, consumers } }`. A queue above its limit is degraded,
 * a missing one unhealthy.
 *
 * @throws TypeError if the connection cannot open confirm channels, or an option is unknown or out of bounds
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

  const probes = new WeakMap<RabbitmqConnection, RabbitmqProbe>();
  return remote(async (signal) => {
    const current = typeof connection === "function" ? await connection() : connection;
    if (current === undefined || current === null) return { status: "unhealthy", error: "HEALTH_NOT_CONNECTED" };
    const found = new Findings();
    const start = clock.monotonic();
    if (publish) {
      const probe = probes.get(current) ?? new RabbitmqProbe(current);
      probes.set(current, probe);
      if (!(await probe.roundTrip(signal))) found.add("unhealthy", "HEALTH_PROBE_MISMATCH");
    } else await closeChannel(await openChannel(current));
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

async function depths(
  connection: RabbitmqConnection,
  queues: readonly [string, number][],
  found: Findings,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const depth: Record<string, unknown> = {};
  let channel: RabbitmqChannel | undefined;
  for (const [name, limit] of queues) {
    channel ??= await openChannel(connection);
    const counts = await channel.checkQueue(name).catch((error: unknown) => {
      channel = undefined; // the broker closes it when a queue is missing
      if (member(error, "code") !== NOT_FOUND) throw error;
    });
    if (signal.aborted) break;
    const messages = counts?.messageCount;
    depth[name] = counts === undefined ? { missing: true } : { messages, consumers: counts.consumerCount };
    if (messages === undefined) found.add("unhealthy", "HEALTH_QUEUE_MISSING");
    else if (messages > limit) found.add("degraded", "HEALTH_QUEUE_DEEP");
  }
  if (channel !== undefined) await closeChannel(channel);
  stopIfAborted(signal);
  return depth;
}
