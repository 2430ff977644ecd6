import { isUtf8 } from "node:buffer";
import { setImmediate } from "node:timers/promises";
import { checkOptions, integer, signalOption } from "@seaworthy/core/options";
import { errors } from "../../errors.ts";
import type {
  FieldRow,
  Fields,
  FieldValue,
  RewrapOptions,
  RewrappedRow,
  RewrapResult,
  RowId,
} from "../../fields/fields.ts";
import { shown } from "../check.ts";
import type { FieldKeys } from "./field-keys.ts";
import { checkPlace, fieldBytes, keyIdOf, openField, sealField, valueBytes } from "./sealed-field.ts";

/** What `openFields` returns. */
export class OpenedFields implements Fields {
  readonly #keys: FieldKeys;
  readonly #scope: string;
  readonly #indexBytes: number;
  #current: number;

  constructor(keys: FieldKeys, scope: string, indexBytes: number) {
    this.#keys = keys;
    this.#scope = scope;
    this.#indexBytes = indexBytes;
    this.#current = keys.current;
  }

  get keys(): readonly number[] {
    return this.#keys.numbers;
  }

  seal(column: string, row: RowId, value: FieldValue): string {
    return this.sealBytes(column, row, value).toString("base64url");
  }

  sealBytes(column: string, row: RowId, value: FieldValue): Buffer {
    const key = this.#keys.sealing(this.#current, checkPlace("column", column));
    return sealField({ scope: this.#scope, column, row }, this.#current, key, valueBytes(value));
  }

  open(column: string, row: RowId, sealed: string | Uint8Array): string {
    const value = this.openBytes(column, row, sealed);
    if (!isUtf8(value)) throw errors.VAULT_NOT_TEXT({ scope: this.#scope, column });
    return value.toString("utf8");
  }

  openBytes(column: string, row: RowId, sealed: string | Uint8Array): Buffer {
    checkPlace("column", column);
    const bytes = fieldBytes(sealed);
    return openField({ scope: this.#scope, column, row }, bytes, this.#keys.sealing(keyIdOf(bytes), column));
  }

  index(column: string, value: FieldValue): string {
    const bytes = valueBytes(value);
    return this.#keys.indexOf(checkPlace("column", column), bytes, this.#indexBytes).toString("base64url");
  }

  keyOf(sealed: string | Uint8Array): number {
    return keyIdOf(fieldBytes(sealed));
  }

  async rotate(): Promise<number> {
    this.#current = await this.#keys.next();
    return this.#current;
  }

  async refresh(): Promise<void> {
    await this.#keys.load();
    this.#current = this.#keys.current;
  }

  async rewrap<Sealed extends string | Uint8Array>(options: RewrapOptions<Sealed>): Promise<RewrapResult> {
    checkOptions("rewrap", options, ["column", "read", "write", "batch", "signal"]);
    const { column, read, write, batch = 500 } = options;
    const signal = signalOption("signal", options.signal);
    checkPlace("column", column);
    for (const [name, callback] of Object.entries({ read, write }))
      if (typeof callback !== "function") throw new TypeError(`${name} must be a function; got ${shown(callback)}`);
    integer("batch", batch, 1, 10_000);
    const result = { read: 0, rewrapped: 0 };
    for (let after: RowId | undefined; ; ) {
      signal?.throwIfAborted();
      const rows = await read(after, batch);
      const last = rows.at(-1);
      if (last === undefined) return result;
      if (last.row === after)
        throw new TypeError("read must return rows that follow `after`; it returned the same row");
      const old = rows.filter(({ sealed }) => this.keyOf(sealed) !== this.#current);
      if (old.length > 0) await write(old.map((row) => this.#anew(column, row)));
      result.read += rows.length;
      result.rewrapped += old.length;
      after = last.row;
      await setImmediate();
    }
  }

  close(): void {
    this.#keys.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** In the form in which it was read: a string stays a string. */
  #anew<Sealed extends string | Uint8Array>(column: string, { row, sealed }: FieldRow<Sealed>): RewrappedRow<Sealed> {
    const value = this.openBytes(column, row, sealed);
    const bytes = this.sealBytes(column, row, value);
    value.fill(0);
    const anew = typeof sealed === "string" ? bytes.toString("base64url") : bytes;
    return { row, sealed: anew as Sealed, previous: sealed };
  }
}
