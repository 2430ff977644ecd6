import { isSecret } from "@seaworthy/core";
import { boundedString, checkOptions, showValue } from "@seaworthy/core/options";
import type { Pepper } from "../passwords/passwords.ts";

const SHORTEST = 32;

/** Peppers by id; the first one is that of new hashes. */
export interface Peppers {
  readonly current: string | undefined;
  readonly byId: ReadonlyMap<string, Buffer>;
}

/**
 * Checks the option `pepper`.
 *
 * @throws TypeError that names the member; the secret is not shown
 */
export function peppersOf(option: Pepper | readonly Pepper[] | undefined): Peppers {
  if (option === undefined) return { current: undefined, byId: new Map() };
  const list: readonly Pepper[] = Array.isArray(option) ? option : [option];
  if (list.length === 0) throw new TypeError("pepper must not be an empty array");
  const byId = new Map<string, Buffer>();
  for (const pepper of list) {
    checkOptions("pepper", pepper, ["id", "secret"]);
    const id = boundedString("pepper.id", pepper.id, 1, 32);
    if (!/^[\w.-]+$/.test(id))
      throw new TypeError(`pepper.id must have letters, digits, ., _ or -; got ${showValue(id)}`);
    if (byId.has(id)) throw new TypeError(`pepper.id ${showValue(id)} is there twice`);
    byId.set(id, bytesOf(pepper.secret));
  }
  return { current: list[0]?.id, byId };
}

function bytesOf(secret: unknown): Buffer {
  const value = isSecret(secret) ? secret.reveal() : secret;
  const bytes = typeof value === "string" || value instanceof Uint8Array ? Buffer.from(value) : undefined;
  if (bytes === undefined || bytes.length < SHORTEST)
    throw new TypeError(`pepper.secret must be a string, bytes or a secret of them, at least ${SHORTEST} bytes`);
  return bytes;
}
