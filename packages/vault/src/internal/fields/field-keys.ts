import { createHmac, type KeyObject } from "node:crypto";
import { withoutUndefined } from "@seaworthy/core/objects";
import { errors } from "../../errors.ts";
import type { FieldsOptions } from "../../fields/fields.ts";
import { lengthPrefixed, ownBytes, randomSecret, wipe } from "../crypto/bytes.ts";
import { messageKey } from "../crypto/gcm.ts";
import { hkdf } from "../crypto/hkdf.ts";

const KEY_BYTES = 32;
const NUMBER = /^[1-9]\d{0,8}$/;
const INDEX = "index";
const LAST_NUMBER = 999_999_999;

/** A secret of the vault and what has been derived from it for columns. */
interface FieldKey {
  readonly secret: Buffer;
  readonly columns: Map<string, KeyObject>;
}

/** The keys of encrypted columns: one per number, each derived for every column, and one for indexes. */
export class FieldKeys {
  readonly #vault: FieldsOptions["vault"];
  readonly #name: string;
  readonly #scope: string;
  readonly #keys = new Map<number, FieldKey>();
  readonly #indexes = new Map<string, KeyObject>();
  #index: Buffer | undefined;
  #isClosed = false;

  constructor(vault: FieldsOptions["vault"], name: string, scope: string) {
    this.#vault = vault;
    this.#name = name;
    this.#scope = scope;
  }

  get numbers(): number[] {
    return [...this.#keys.keys()].sort((a, b) => a - b);
  }

  /** The number of the newest key. @throws VAULT_LOCKED */
  get current(): number {
    this.#checkOpen();
    return this.numbers.at(-1) ?? 0;
  }

  /** Makes the first key and that of indexes unless the vault has keys. */
  async make(): Promise<void> {
    await this.#vault.refresh();
    if (this.#stored().length === 0) await this.#add("1");
    await this.#add(INDEX);
  }

  /** Makes the next key. Returns the newest number, which may be that of another process. */
  async next(): Promise<number> {
    await this.load();
    if (this.current >= LAST_NUMBER) throw errors.VAULT_FULL({ limit: `${LAST_NUMBER} keys of fields` });
    await this.#add(String(this.current + 1));
    await this.load();
    return this.current;
  }

  /** Reads the keys that are not known yet. */
  async load(): Promise<void> {
    this.#checkOpen();
    await this.#vault.refresh();
    const numbers = this.#stored();
    if (numbers.length === 0) throw this.#missing("there are none");
    const missing = numbers.filter((number) => !this.#keys.has(number));
    const secrets = await Promise.all(missing.map((number) => this.#read(String(number))));
    const index = this.#index ?? (await this.#read(INDEX));
    if (this.#isClosed) {
      wipe(index, ...secrets);
      throw errors.VAULT_LOCKED({ reason: "closed" });
    }
    this.#index = index;
    // A key that the vault has no longer stays usable until this process ends.
    for (const [at, secret] of secrets.entries())
      this.#keys.set(missing[at] ?? 0, { secret, columns: new Map<string, KeyObject>() });
  }

  /** @throws VAULT_FIELD_KEY_MISSING, VAULT_LOCKED */
  sealing(number: number, column: string): KeyObject {
    this.#checkOpen();
    const key = this.#keys.get(number);
    if (key === undefined) throw this.#missing("it is not loaded", number);
    let derived = key.columns.get(column);
    if (derived === undefined) {
      derived = messageKey(
        hkdf(key.secret, Buffer.alloc(0), lengthPrefixed("seaworthy-vault field", this.#scope, column)),
      );
      key.columns.set(column, derived);
    }
    return derived;
  }

  /** The first bytes of the HMAC of a value under the key of its column. @throws VAULT_LOCKED */
  indexOf(column: string, value: Uint8Array, bytes: number): Buffer {
    this.#checkOpen();
    let key = this.#indexes.get(column);
    if (key === undefined) {
      const secret = this.#index ?? Buffer.alloc(0);
      key = messageKey(hkdf(secret, Buffer.alloc(0), lengthPrefixed("seaworthy-vault index", this.#scope, column)));
      this.#indexes.set(column, key);
    }
    return createHmac("sha256", key).update(value).digest().subarray(0, bytes);
  }

  close(): void {
    this.#isClosed = true;
    wipe(this.#index, ...[...this.#keys.values()].map(({ secret }) => secret));
    this.#keys.clear();
    this.#indexes.clear();
    this.#index = undefined;
  }

  #stored(): number[] {
    const prefix = `${this.#name}/`;
    const names = this.#vault.list({ prefix }).map(({ name }) => name.slice(prefix.length));
    return names.filter((name) => NUMBER.test(name)).map(Number);
  }

  async #add(suffix: string): Promise<void> {
    const secret = randomSecret(KEY_BYTES);
    try {
      await this.#vault.set(`${this.#name}/${suffix}`, secret, { ifVersion: 0 });
    } catch (error) {
      // It exists: an earlier call or another process made it.
      if (!errors.VAULT_CONFLICT.is(error)) throw error;
    } finally {
      wipe(secret);
    }
  }

  async #read(suffix: string): Promise<Buffer> {
    const name = `${this.#name}/${suffix}`;
    const found = await this.#vault.getBytes(name, { allowExpired: true }).catch((cause: unknown) => {
      throw errors.VAULT_NOT_FOUND.is(cause) ? errors.VAULT_FIELD_KEY_MISSING({ name }, { cause }) : cause;
    });
    const secret = ownBytes(found.reveal());
    if (secret.length === KEY_BYTES) return secret;
    throw errors.VAULT_FIELD_KEY_MISSING({ name, reason: `it is not ${KEY_BYTES} bytes` });
  }

  #missing(reason: string, key?: number): Error {
    return errors.VAULT_FIELD_KEY_MISSING(withoutUndefined({ name: this.#name, reason, key }));
  }

  #checkOpen(): void {
    if (this.#isClosed) throw errors.VAULT_LOCKED({ reason: "closed" });
  }
}
