import { hash } from "node:crypto";
import { type RedisClient, redisCommand } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";

/** One run of a {@link RedisScript}. */
export interface ScriptRun {
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  /** How many integers the script answers. */
  readonly length: number;
}

/** A script that is sent by its digest, and as a whole only to a server that does not know it. */
export class RedisScript {
  readonly #text: string;
  readonly #digest: string;

  constructor(text: string) {
    this.#text = text;
    this.#digest = hash("sha1", text);
  }

  /** Runs the script. Its answer must be an array of `length` integers. */
  async run(client: RedisClient, { keys, args, length }: ScriptRun): Promise<number[]> {
    const words = [keys.length, ...keys, ...args];
    let reply: unknown;
    try {
      reply = await redisCommand(client, "EVALSHA", this.#digest, ...words);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      reply = await redisCommand(client, "EVAL", this.#text, ...words);
    }
    return integersOf(reply, length);
  }
}

const isUnknownScript = (error: unknown): boolean => String(readMember(error, "message")).startsWith("NOSCRIPT");

function integersOf(reply: unknown, length: number): number[] {
  const numbers = Array.isArray(reply) ? reply.map(Number) : [];
  if (numbers.length !== length || !numbers.every(Number.isSafeInteger))
    throw new TypeError(`the script must answer ${length} integers; got ${numbers.length}`);
  return numbers;
}
