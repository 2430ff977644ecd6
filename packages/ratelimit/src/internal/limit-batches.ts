import type { RedisClient } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import type { LimitCall, LimitWindow } from "../stores/store.ts";
import { LIMIT_SCRIPT } from "./limit-script.ts";
import { RedisScript } from "./redis-script.ts";

/** The integers that the script answers for one key. */
export type LimitReply = readonly number[];

interface Waiting {
  readonly name: string;
  readonly call: LimitCall;
  readonly resolve: (reply: LimitReply) => void;
  readonly reject: (error: unknown) => void;
}

// The server does nothing else while a script runs; so many keys take less than a millisecond.
const MOST_KEYS = 32;
const PER_MILLISECOND = 1000;
const script = new RedisScript(LIMIT_SCRIPT);

/**
 * Sends the calls of one turn of the event loop together: one command for all keys with the same windows. A cluster gets
 * one command per key, since a script may use keys of one slot only.
 */
export class LimitBatches {
  readonly #client: RedisClient;
  readonly #texts = new WeakMap<readonly LimitWindow[], readonly string[]>();
  #waiting = new Map<readonly LimitWindow[], Waiting[]>();
  #scheduled = false;
  #mostKeys: number;

  constructor(client: RedisClient) {
    this.#client = client;
    this.#mostKeys = isCluster(client) ? 1 : MOST_KEYS;
  }

  /** Runs a call on the key with this name. */
  apply(name: string, call: LimitCall): Promise<LimitReply> {
    return new Promise((resolve, reject) => {
      const group = this.#waiting.get(call.windows);
      const waiting = { name, call, resolve, reject };
      if (group === undefined) this.#waiting.set(call.windows, [waiting]);
      else group.push(waiting);
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const groups = this.#waiting;
    this.#waiting = new Map();
    this.#scheduled = false;
    for (const [windows, group] of groups) {
      for (let start = 0; start < group.length; start += this.#mostKeys)
        void this.#send(windows, group.slice(start, start + this.#mostKeys));
    }
  }

  async #send(windows: readonly LimitWindow[], group: readonly Waiting[]): Promise<void> {
    const size = 3 + windows.length * 3;
    const args = [...this.#windowArguments(windows)];
    for (const { call } of group) pushCall(args, call);
    try {
      const keys = group.map(({ name }) => name);
      const replies = await script.run(this.#client, { keys, args, length: size * group.length });
      for (const [index, { resolve }] of group.entries()) resolve(replies.slice(index * size, (index + 1) * size));
    } catch (error) {
      if (group.length > 1 && isCrossSlot(error)) return this.#sendOneByOne(windows, group);
      for (const { reject } of group) reject(error);
    }
  }

  /** There is a cluster behind a client that does not know it, such as a proxy. */
  async #sendOneByOne(windows: readonly LimitWindow[], group: readonly Waiting[]): Promise<void> {
    this.#mostKeys = 1;
    await Promise.all(group.map((waiting) => this.#send(windows, [waiting])));
  }

  /** What the script needs of the windows; the same array is turned into text once. */
  #windowArguments(windows: readonly LimitWindow[]): readonly string[] {
    const known = this.#texts.get(windows);
    if (known !== undefined) return known;
    const made = windows.flatMap(({ algorithm, window, limit, burst }) => {
      const length = Math.round(window * PER_MILLISECOND);
      return [String(algorithm === "log" ? length : -length), String(limit), String(burst)];
    });
    made.unshift(String(windows.length));
    this.#texts.set(windows, made);
    return made;
  }
}

function pushCall(args: string[], { action, amount, owed = 0, known }: LimitCall): void {
  const given = action === "block" ? Math.ceil(amount * PER_MILLISECOND) : amount;
  args.push(action, String(given), String(owed), String(known?.generation ?? 0));
  if (known === undefined || known.generation === 0) return;
  for (const { used, resetAfter } of known.windows)
    args.push(String(used), String(Math.ceil(resetAfter * PER_MILLISECOND)));
}

const isCrossSlot = (error: unknown): boolean => String(readMember(error, "message")).includes("CROSSSLOT");

/** ioredis says it; node-redis' cluster is known by a method. */
const isCluster = (client: RedisClient): boolean =>
  readMember(client, "isCluster") === true || typeof readMember(client, "nodeClient") === "function";
