import type { Secret } from "@seaworthy/core";
import type { Vault } from "../vault.ts";

/** Options of {@link openFields}. */
export interface FieldsOptions {
  /** An open vault that holds the keys. It may be locked or closed once they are loaded. */
  vault: Pick<Vault, "getBytes" | "list" | "refresh" | "set">;
  /** Where the keys are in the vault: the entries `<name>/1`, `<name>/2` and so on, and `<name>/index`. */
  name: string;
  /** What the columns belong to, such as the name of a table: 1 to 255 characters. Values do not open in another scope. */
  scope: string;
  /** Makes the first key and the key of the index if the vault has none. @default false */
  create?: boolean;
  /**
   * Bits of a blind index, 16 to 256 in steps of 8. Fewer bits make more different values share an index, which tells less
   * about them and makes a search return more rows. @default 64
   */
  indexBits?: number;
}

/** What identifies a row. `7`, `7n` and `"7"` are the same row, since drivers differ in how they return integers. */
export type RowId = string | number | bigint;

/** What `seal` takes: text or bytes, at most 1 MiB, plain or as a secret. */
export type FieldValue = string | Uint8Array | Secret<string> | Secret<Uint8Array>;

/** A row with the sealed value of one column. */
export interface FieldRow<Sealed extends string | Uint8Array = string | Uint8Array> {
  readonly row: RowId;
  readonly sealed: Sealed;
}

/** A row whose value was encrypted anew. */
export interface RewrappedRow<Sealed extends string | Uint8Array = string | Uint8Array> extends FieldRow<Sealed> {
  /** What was read. Writing only where the column still has this value keeps changes that were made in the meantime. */
  readonly previous: Sealed;
}

/** Options of `rewrap`. */
export interface RewrapOptions<Sealed extends string | Uint8Array = string | Uint8Array> {
  column: string;
  /** Reads at most `limit` rows that follow `after` in the order of their ids; the first ones if it is `undefined`. */
  read: (after: RowId | undefined, limit: number) => Promise<readonly FieldRow<Sealed>[]>;
  /** Writes the rows of one batch whose values were sealed with an older key. */
  write: (rows: readonly RewrappedRow<Sealed>[]) => unknown;
  /** Rows of a batch, 1 to 10 000. @default 500 */
  batch?: number;
  /** Stops between two batches. */
  signal?: AbortSignal;
}

/** What `rewrap` has done. */
export interface RewrapResult {
  readonly read: number;
  readonly rewrapped: number;
}

/** Seals and opens columns of records with keys from a vault. */
export interface Fields {
  /** The numbers of the keys that are loaded, in ascending order. The last one seals. */
  readonly keys: readonly number[];
  /** Encrypts a value for one column of one row, as base64url. @throws TypeError if an argument is malformed */
  seal(column: string, row: RowId, value: FieldValue): string;
  /** The same as bytes. */
  sealBytes(column: string, row: RowId, value: FieldValue): Buffer;
  /**
   * Decrypts text that was sealed for this column of this row.
   *
   * @throws VAULT_FIELD_INVALID if it was sealed for another place, was changed, or is not a sealed field
   * @throws VAULT_FIELD_KEY_MISSING if its key is not loaded: `refresh` loads keys that another process has made
   * @throws VAULT_NOT_TEXT if it is not UTF-8
   */
  open(column: string, row: RowId, sealed: string | Uint8Array): string;
  /** Decrypts text or bytes. @throws VAULT_FIELD_INVALID, VAULT_FIELD_KEY_MISSING */
  openBytes(column: string, row: RowId, sealed: string | Uint8Array): Buffer;
  /**
   * The blind index of a value in a column, as base64url: equal values have equal indexes, so a database can search for
   * one. Rows that a search finds may have other values; open them and compare.
   */
  index(column: string, value: FieldValue): string;
  /** The number of the key that sealed a value. @throws VAULT_FIELD_INVALID */
  keyOf(sealed: string | Uint8Array): number;
  /** Makes a new key, with which everything is sealed from now on. Returns its number. */
  rotate(): Promise<number>;
  /** Loads keys that other processes have made. */
  refresh(): Promise<void>;
  /** Encrypts the values of a column anew that were sealed with an older key, batch by batch. */
  rewrap<Sealed extends string | Uint8Array>(options: RewrapOptions<Sealed>): Promise<RewrapResult>;
  /** Forgets the keys. Every later call throws `VAULT_LOCKED`. */
  close(): void;
  [Symbol.dispose](): void;
}
