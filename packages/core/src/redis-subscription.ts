import { type Clock, startTimer } from "./clock.ts";
import { isObject, readMember } from "./objects.ts";
import { boundedString, checkOptions, clockOption, requiredFunction, showValue } from "./options.ts";
import { isRedisCluster, type RedisClient } from "./redis-client.ts";
import { waitAtMost } from "./waiting.ts";

/** Options of {@link subscribeRedis}. */
export interface RedisSubscriptionOptions {
  /** The channel: 1 to 1024 characters. */
  channel: string;
  /** Called with each message. */
  onMessage: (message: string) => void;
  /**
   * Called with `true` once the server has confirmed the subscription, and with `false` when the connection is lost. What is
   * published in between is lost.
   */
  onChange: (active: boolean) => void;
  /** @default systemClock */
  clock?: Clock;
}

/** A subscription to a channel, which is renewed by itself after a connection was lost. */
export interface RedisSubscription {
  /** Whether the server has confirmed it, and the connection has not been lost since. */
  readonly active: boolean;
  /** Gives the connection up and opens another one, for an owner that noticed that messages are missing. */
  renew(): void;
  /** Ends it and closes its connection. Never rejects. */
  close(): Promise<void>;
}

const OPTIONS = ["channel", "onMessage", "onChange", "clock"];
const NO_OPTIONS: object = {};
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1000;
const CONNECT_LIMIT = 5000;

/**
 * Subscribes to a channel on a connection of its own, which is a duplicate of the given client: ioredis, node-redis, or one
 * of their cluster clients, of which a duplicate of one node is used. Returns at once, and connects in the background: after
 * a failure again, after pauses of 100 ms to 1 s. The waiting timer does not hold the process open.
 *
 * @throws TypeError if the client cannot be duplicated, or an option is malformed
 * @example
 * ```ts
 * import { subscribeRedis, type RedisClient } from "@seaworthy/core";
 * const listen = (client: RedisClient) =>
 *   subscribeRedis(client, { channel: "news", onMessage: console.log, onChange: (active) => console.log(active) });
 * ```
 */
export function subscribeRedis(client: RedisClient, options: RedisSubscriptionOptions): RedisSubscription {
  checkOptions("subscribeRedis", options, OPTIONS);
  boundedString("channel", options.channel);
  requiredFunction("onMessage", options.onMessage);
  requiredFunction("onChange", options.onChange);
  if (!isRedisCluster(client) && typeof readMember(client, "duplicate") !== "function")
    throw new TypeError(`client must have duplicate(), as ioredis and node-redis have; got ${showValue(client)}`);
  return new RenewedSubscription(client, options);
}

/** What both libraries' clients have. */
interface Connection {
  on(event: string, listener: (...args: never[]) => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener?: (message: string) => void): Promise<unknown>;
  disconnect?(): unknown;
  destroy?(): unknown;
}

class RenewedSubscription implements RedisSubscription {
  readonly #client: RedisClient;
  readonly #options: RedisSubscriptionOptions;
  readonly #clock: Clock;
  #connection: Connection | undefined;
  #active = false;
  #closed = false;
  #pause = FIRST_PAUSE;
  #cancel: (() => void) | undefined;

  constructor(client: RedisClient, options: RedisSubscriptionOptions) {
    this.#client = client;
    this.#options = options;
    this.#clock = clockOption("clock", options.clock);
    void this.#open();
  }

  get active(): boolean {
    return this.#active;
  }

  renew(): void {
    if (this.#connection !== undefined) this.#lost(this.#connection);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#active = false;
    if (connection !== undefined) end(connection);
  }

  async #open(): Promise<void> {
    const { channel, onMessage } = this.#options;
    let connection: Connection | undefined;
    try {
      connection = await duplicateOf(this.#client);
      const own = connection;
      if (this.#closed) return end(own);
      this.#connection = own;
      const hear = (message: string): void => {
        if (this.#connection === own) onMessage(message);
      };
      own.on("error", () => undefined);
      // ioredis says "close", node-redis "end" or "terminated".
      for (const event of ["close", "end", "terminated"]) own.on(event, () => this.#lost(own));
      const isCalling = typeof readMember(own, "call") === "function";
      if (isCalling) own.on("message", (_channel: string, message: string) => hear(message));
      const subscribed = own.connect().then(() => own.subscribe(channel, isCalling ? undefined : hear));
      await waitAtMost(subscribed, { limit: CONNECT_LIMIT, onLimit: failSlow, clock: this.#clock });
      if (this.#connection !== own) return;
      this.#pause = FIRST_PAUSE;
      this.#active = true;
      this.#options.onChange(true);
    } catch {
      // A connection that was replaced meanwhile is closed already.
      if (connection === this.#connection) this.#lost(connection);
    }
  }

  #lost(connection: Connection | undefined): void {
    if (this.#closed || this.#connection !== connection) return;
    this.#connection = undefined;
    if (connection !== undefined) end(connection);
    const wasActive = this.#active;
    this.#active = false;
    this.#cancel = startTimer(this.#clock, this.#pause, () => void this.#open());
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    if (wasActive) this.#options.onChange(false);
  }
}

function failSlow(): never {
  throw new Error("the subscription was not confirmed in time");
}

/** A client of the same server. It connects when `connect()` is called, and leaves reconnecting to its owner. */
async function duplicateOf(client: RedisClient): Promise<Connection> {
  const source = isRedisCluster(client) ? await nodeOf(client) : client;
  const duplicate = readMember(source, "duplicate");
  if (typeof duplicate !== "function") throw new Error("the cluster has no node that can be duplicated");
  const isCalling = typeof readMember(source, "call") === "function";
  const socket: unknown = readMember(readMember(source, "options"), "socket");
  const overrides = isCalling
    ? { lazyConnect: true, retryStrategy: () => null, autoResubscribe: false, maxRetriesPerRequest: null }
    : { socket: { ...(isObject(socket) ? socket : NO_OPTIONS), reconnectStrategy: false } };
  return duplicate.call(source, overrides) as Connection;
}

/** Any node of a cluster: each forwards what is published to all others. */
async function nodeOf(cluster: RedisClient): Promise<unknown> {
  const nodes = readMember(cluster, "nodes");
  if (typeof nodes === "function") return anyOf(nodes.call(cluster, "master"));
  const node = anyOf(readMember(cluster, "masters"));
  const nodeClient = readMember(cluster, "nodeClient");
  return typeof nodeClient === "function" && node !== undefined ? nodeClient.call(cluster, node) : undefined;
}

function anyOf(nodes: unknown): unknown {
  return Array.isArray(nodes) ? nodes[Math.floor(Math.random() * nodes.length)] : undefined;
}

function end(connection: Connection): void {
  try {
    if (typeof connection.destroy === "function") connection.destroy();
    else connection.disconnect?.();
  } catch {
    // A connection that was never opened cannot be closed.
  }
}
