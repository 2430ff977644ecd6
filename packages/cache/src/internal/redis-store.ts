import { isRedisCluster, type RedisClient, redisCommand, subscribeRedis } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import type {
  Announcement,
  CacheStore,
  HeardAnnouncement,
  StoreClaim,
  StoreListener,
  StoreRead,
  StoreState,
  StoreSubscription,
} from "../store.ts";
import { replyArray, replyNumber, replyText } from "./redis-replies.ts";
import { ANNOUNCE, CLAIM, FILL, RELEASE, RENEW, runScript, SYNC, WRITE } from "./redis-scripts.ts";

// So many tags have a position of their own; older ones share one.
const MOST_MARKS = 10_000;
// Both clients queue commands while they reconnect.
const DISCONNECTED = new Set(["close", "disconnecting", "reconnecting", "end"]);
const MESSAGE = /^(\d+) (\d+) (\S+) (keys|tags|all) (.*)$/s;

/** Where a {@link RedisStore} is. */
export interface RedisPlace {
  readonly client: RedisClient;
  readonly subscriber: RedisClient;
  /** Before every key and channel. */
  readonly namespace: string;
}

/** A store in Redis. The entry and the lease of a key are in one slot of a cluster, and so is the state of the cache. */
export class RedisStore implements CacheStore {
  readonly kind = "redis";
  readonly #place: RedisPlace;
  readonly #isCluster: boolean;
  readonly #state: readonly [position: string, marks: string];

  constructor(place: RedisPlace) {
    this.#place = place;
    this.#isCluster = isRedisCluster(place.client);
    const { namespace } = place;
    this.#state = [`${namespace}:{state}:position`, `${namespace}:{state}:tags`];
  }

  get isConnected(): boolean {
    const { client } = this.#place;
    const status = readMember(client, "status");
    return typeof status === "string" ? !DISCONNECTED.has(status) : readMember(client, "isReady") !== false;
  }

  async sync(since: number): Promise<StoreState> {
    const reply = await runScript(this.#place.client, SYNC, this.#state, [since]);
    const [position, now, floor, marks] = replyArray(reply);
    const tags = new Map<string, number>();
    const flat = replyArray(marks);
    for (let at = 0; at + 1 < flat.length; at += 2) {
      const member = replyText(flat[at]) ?? "";
      if (member.startsWith("t")) tags.set(member.slice(1), replyNumber(flat[at + 1]));
    }
    return { position: replyNumber(position), now: replyNumber(now) / 1000, floor: replyNumber(floor), tags };
  }

  async read(keys: readonly string[]): Promise<StoreRead> {
    const { client } = this.#place;
    const names = [this.#state[0], ...keys.map((key) => this.#entry(key))];
    // Keys of several slots cannot be in one command.
    const reply = this.#isCluster
      ? await Promise.all(names.map((name) => this.#getIfString(name)))
      : replyArray(await redisCommand(client, "MGET", ...names));
    const [position, ...values] = reply.map(replyText);
    return { position: position === undefined ? undefined : replyNumber(position), values };
  }

  async claim(key: string, claim: { token: string; ttl: number; seen?: string | undefined }): Promise<StoreClaim> {
    const args = [claim.token, whole(claim.ttl), claim.seen ?? ""];
    const [granted, value] = replyArray(await runScript(this.#place.client, CLAIM, this.#pair(key), args));
    return { granted: Number(granted) === 1, value: replyText(value) };
  }

  async renew(key: string, token: string, ttl: number): Promise<boolean> {
    return Number(await runScript(this.#place.client, RENEW, [this.#lease(key)], [token, whole(ttl)])) === 1;
  }

  async fill(key: string, token: string, entry: { value: string; ttl: number }): Promise<boolean> {
    const args = [token, entry.value, whole(entry.ttl)];
    return Number(await runScript(this.#place.client, FILL, this.#pair(key), args)) === 1;
  }

  async release(key: string, token: string): Promise<void> {
    await runScript(this.#place.client, RELEASE, [this.#lease(key)], [token]);
  }

  async write(key: string, entry: { value: string; ttl: number }): Promise<void> {
    await runScript(this.#place.client, WRITE, this.#pair(key), [entry.value, whole(entry.ttl)]);
  }

  async remove(keys: readonly string[]): Promise<void> {
    const commands = this.#isCluster
      ? keys.map((key) => redisCommand(this.#place.client, "DEL", ...this.#pair(key)))
      : [redisCommand(this.#place.client, "DEL", ...keys.flatMap((key) => this.#pair(key)))];
    await Promise.all(commands);
  }

  async announce(sender: string, { kind, names }: Announcement): Promise<number> {
    const tags = kind === "tags" ? names : [];
    const args = [this.#channel, sender, kind, JSON.stringify(names), MOST_MARKS, ...tags];
    return replyNumber(await runScript(this.#place.client, ANNOUNCE, this.#state, args));
  }

  subscribe(listener: StoreListener): StoreSubscription {
    return subscribeRedis(this.#place.subscriber, {
      channel: this.#channel,
      onMessage: (message) => {
        const heard = parseMessage(message);
        if (heard !== undefined) listener.onAnnouncement(heard);
      },
      onChange: (active) => listener.onChange(active),
    });
  }

  get #channel(): string {
    return `${this.#place.namespace}:changes`;
  }

  // GET fails on a key of another type, for which MGET returns nil.
  async #getIfString(name: string): Promise<unknown> {
    try {
      return await redisCommand(this.#place.client, "GET", name);
    } catch (error) {
      const message = readMember(error, "message");
      if (typeof message === "string" && message.startsWith("WRONGTYPE")) return null;
      throw error;
    }
  }

  #pair(key: string): [entry: string, lease: string] {
    return [this.#entry(key), this.#lease(key)];
  }

  #entry(key: string): string {
    return `${this.#place.namespace}:e:{${withoutBraces(key)}}`;
  }

  #lease(key: string): string {
    return `${this.#place.namespace}:l:{${withoutBraces(key)}}`;
  }
}

/** Braces would end the part of the key that decides its slot. */
function withoutBraces(key: string): string {
  return /[{}%]/.test(key) ? key.replace(/[{}%]/g, encodeBrace) : key;
}

const encodeBrace = (character: string): string => `%${character.charCodeAt(0).toString(16)}`;

const whole = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds));

function parseMessage(message: string): HeardAnnouncement | undefined {
  const [, position, previous, sender = "", kind, names = ""] = MESSAGE.exec(message) ?? [];
  if (kind !== "keys" && kind !== "tags" && kind !== "all") return undefined;
  try {
    const parsed: unknown = JSON.parse(names);
    if (!Array.isArray(parsed)) return undefined;
    return { position: Number(position), previous: Number(previous), sender, kind, names: parsed.map(String) };
  } catch {
    // Anyone may publish on the channel; what is missing in the order is noticed.
    return undefined;
  }
}
