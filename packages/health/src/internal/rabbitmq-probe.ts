import { randomUUID } from "node:crypto";
import { readMember } from "@seaworthy/core/objects";
import type { RabbitmqChannel, RabbitmqConnection } from "../checks/rabbitmq-connection.ts";
import { errors } from "../errors.ts";
import { stopIfAborted } from "./built-in.ts";

// The broker deletes the queue with its connection, also if the process is killed.
const PROBE_QUEUE = { exclusive: true, durable: false, autoDelete: true };
/** Messages of aborted runs that may lie before the expected one. */
const MOST_SKIPPED = 100;

/** Opens a channel whose failure does not end the process. */
export async function openChannel(connection: RabbitmqConnection): Promise<RabbitmqChannel> {
  const channel = await connection.createConfirmChannel().catch((error: unknown) => {
    // amqplib's name of the error for a closed connection.
    throw readMember(error, "name") === "IllegalOperationError"
      ? errors.HEALTH_NOT_CONNECTED({}, { cause: error })
      : error;
  });
  // A channel closed by the broker emits "error", which would end the process if it had no listener.
  channel.on("error", () => undefined);
  return channel;
}

/** Closes a channel in any state. */
export async function closeChannel(channel: RabbitmqChannel): Promise<void> {
  // After a failure the channel is often closed already. The error that matters is the first one.
  await new Promise<void>((resolve) => resolve(channel.close())).catch(() => undefined);
}

interface Opened {
  readonly channel: RabbitmqChannel;
  readonly queue: string;
}

/**
 * A channel with a queue of its own that is kept from run to run, since declaring and deleting a queue is work for every
 * node of a cluster. A channel on which a run failed or was aborted is closed, and the next run opens another one.
 */
export class RabbitmqProbe {
  readonly #connection: RabbitmqConnection;
  #opened: Promise<Opened> | undefined;

  constructor(connection: RabbitmqConnection) {
    this.#connection = connection;
  }

  /** Whether a message that was published came back. */
  async roundTrip(signal: AbortSignal): Promise<boolean> {
    this.#opened ??= this.#open();
    const opened = this.#opened;
    const forget = (): void => {
      if (this.#opened === opened) this.#opened = undefined;
      void opened
        .then(({ channel, queue }) => channel.deleteQueue(queue).finally(() => closeChannel(channel)))
        .catch(() => undefined);
    };
    signal.addEventListener("abort", forget, { once: true });
    try {
      const { channel, queue } = await opened;
      return await publishAndGet(channel, queue, signal);
    } catch (error) {
      forget();
      throw error;
    } finally {
      signal.removeEventListener("abort", forget);
    }
  }

  async #open(): Promise<Opened> {
    const channel = await openChannel(this.#connection);
    channel.on("close", () => {
      this.#opened = undefined;
    });
    const { queue } = await channel.assertQueue("", PROBE_QUEUE);
    return { channel, queue };
  }
}

async function publishAndGet(channel: RabbitmqChannel, queue: string, signal: AbortSignal): Promise<boolean> {
  stopIfAborted(signal);
  const sent = randomUUID();
  channel.sendToQueue(queue, Buffer.from(sent));
  await channel.waitForConfirms();
  for (let skipped = 0; skipped <= MOST_SKIPPED; skipped++) {
    stopIfAborted(signal);
    const message = await channel.get(queue, { noAck: true });
    if (message === false) return false;
    if (message.content.toString() === sent) return true;
  }
  return false;
}
