import type { Duration, Secret } from "@seaworthy/core";

/** What `set` takes: a string or bytes of at most 1 MiB, plain or as a secret. */
export type SecretValue = string | Uint8Array | Secret<string> | Secret<Uint8Array>;

/** Options of `set`. */
export interface SetOptions {
  /** When it expires; `get` then refuses it: a date, or milliseconds since the Unix epoch; `false` for never. @default false */
  expiresAt?: Date | number | false;
  /** How long after this write `due` lists it, up to 100 000 days; `false` for never. @default that of the version before, if any */
  rotateAfter?: Duration | false;
  /** Strings by name, at most 4 KiB in all. They are not secret. @default those of the version before */
  labels?: Readonly<Record<string, string>>;
  /** Writes only if this is the entry's current version; 0 stands for an entry that does not exist. @default any */
  ifVersion?: number;
}

/** One of the entries that `setMany` writes. */
export interface NewEntry extends SetOptions {
  name: string;
  value: SecretValue;
}

/** Options of `list`; an entry is listed if it meets all of them. */
export interface ListOptions {
  /** What its name begins with. @default "" */
  prefix?: string;
  /** Labels that it has, with exactly these strings. @default none */
  labels?: Readonly<Record<string, string>>;
  /** Lists removed entries that `undelete` can bring back, instead. @default false */
  removed?: boolean;
}

/** What is known of one version without decrypting it. Times are milliseconds since the Unix epoch. */
export interface EntryVersion {
  readonly name: string;
  /** 1 for the first. */
  readonly version: number;
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** When it should be replaced: its creation and `rotateAfter`. */
  readonly rotateAt?: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is known of an entry: its current version, and how many there are. */
export interface Entry extends EntryVersion {
  /** Versions kept, the current one among them. */
  readonly versions: number;
}

/** An entry that wants attention. */
export interface DueEntry {
  readonly name: string;
  readonly version: number;
  readonly reason: "expires" | "rotate";
  /** When, in milliseconds since the Unix epoch; it may have passed. */
  readonly at: number;
}
