import type { Clock, Duration } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { checkOptions, clockOption, flag, showValue, withDefault } from "@seaworthy/core/options";
import type { Check } from "../check.ts";
import { elapsed, Findings, remote, stopIfAborted } from "../internal/built-in.ts";
import { COUNT, LATENCY, type Levels, levelsNamed } from "../internal/levels.ts";
import { closeChannel, openChannel, RabbitmqProbe } from "../internal/rabbitmq-probe.ts";
import type { Thresholds } from "../thresholds.ts";
import type { RabbitmqChannel, RabbitmqConnection } from "./rabbitmq-connection.ts";

/** Options of {@link rabbitmqCheck}. */
export interface RabbitmqCheckOptions {
  /** Time of the round trip through the broker, above 0, in milliseconds. @default never */
  latency?: Thresholds<Duration>;
  /** Queues by name, each with thresholds for its messages, 1 or more. `{}` only counts them. @default none */
  queues?: Readonly<Record<string, Thresholds<number>>>;
  /** Whether to publish a message to a queue of the check's own and get it back. @default true */
  publish?: boolean;
  /** @default systemClock */
  clock?: Clock;
}

type MaybeConnection = RabbitmqConnection | null | undefined;

const OPTIONS = ["latency", "queues", "publish", "clock"];
const NOT_FOUND = 404;

/**
 * Publishes a message to an exclusive queue on a RabbitMQ connection of amqplib, gets it back, and counts the messages of
 * named queues. The channel and the queue of the first run are kept for the next ones. The broker deletes the queue when
 * the connection ends. Pass a function, async or not, if the host replaces its connection.
 *
 * Data: `latency` in milliseconds, `queues: { [name]: { messages, consumers } }`. A missing queue is unhealthy.
 *
 * @throws TypeError if the connection cannot open confirm channels, or an option is unknown or out of bounds
 * @example
 * ```ts
 * import { createHealth, rabbitmqCheck, type RabbitmqConnection } from "@seaworthy/health";
 * let connection: RabbitmqConnection | undefined; // of amqplib's connect()
 * const health = createHealth();
 * health.add("broker", rabbitmqCheck(() => connection, { queues: { orders: { degradedAt: 10_000 } } }));
 * console.log((await health.report()).checks.broker?.error); // HEALTH_NOT_CONNECTED
 * ```
 */
export function rabbitmqCheck(
  connection: RabbitmqConnection | (() => MaybeConnection | PromiseLike<MaybeConnection>),
  options: RabbitmqCheckOptions = {},
): Check {
  if (typeof connection !== "function" && typeof readMember(connection, "createConfirmChannel") !== "function")
    throw new TypeError(
      `connection must be a connection of amqplib, or a function that returns one; got ${showValue(connection)}`,
    );
  checkOptions("rabbitmqCheck", options, OPTIONS);
  const clock = clockOption("clock", options.clock);
  const publish = flag("publish", withDefault(options.publish, true));
  const latencyLevels = levelsNamed("latency", LATENCY, options.latency);
  const queues = queueLevels(withDefault(options.queues, {}));

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
    const latency = elapsed(clock, start);
    found.data.latency = latency;
    found.judge(latency, latencyLevels, "HEALTH_SLOW");
    if (queues.length > 0) found.data.queues = await depths(current, queues, found, signal);
    return found.outcome();
  });
}

function queueLevels(queues: Readonly<Record<string, Thresholds<number>>>): [string, Levels][] {
  if (typeof queues !== "object" || queues === null || Array.isArray(queues))
    throw new TypeError(`queues must map names to thresholds; got ${showValue(queues)}`);
  return Object.entries(queues).map(([name, thresholds]) => {
    if (name === "") throw new TypeError("queues: the name of a queue must not be empty");
    return [name, levelsNamed(`queues[${JSON.stringify(name)}]`, COUNT, thresholds)];
  });
}

async function depths(
  connection: RabbitmqConnection,
  queues: readonly [string, Levels][],
  found: Findings,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const depth: Record<string, unknown> = {};
  let channel: RabbitmqChannel | undefined;
  for (const [name, levels] of queues) {
    channel ??= await openChannel(connection);
    const counts = await channel.checkQueue(name).catch((error: unknown) => {
      channel = undefined; // the broker closes the channel if a queue is missing
      if (readMember(error, "code") !== NOT_FOUND) throw error;
    });
    if (signal.aborted) break;
    const messages = counts?.messageCount;
    depth[name] = counts === undefined ? { missing: true } : { messages, consumers: counts.consumerCount };
    if (messages === undefined) found.add("unhealthy", "HEALTH_QUEUE_MISSING");
    else found.judge(messages, levels, "HEALTH_QUEUE_DEEP");
  }
  if (channel !== undefined) await closeChannel(channel);
  stopIfAborted(signal);
  return depth;
}
