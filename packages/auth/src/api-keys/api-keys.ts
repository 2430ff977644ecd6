import type { Clock, Duration } from "@seaworthy/core";
import type { AuthStore } from "../stores/store.ts";

/** What API keys need of a store; every `AuthStore` has it. */
export type ApiKeyStore = Pick<
  AuthStore,
  "createApiKey" | "findApiKey" | "apiKeys" | "touchApiKey" | "expireApiKey" | "revokeApiKey"
>;

/** Options of `createApiKeys`. */
export interface ApiKeysOptions {
  readonly store: ApiKeyStore;
  /** The beginning of all keys, by which scanners find a leaked one: 2 to 32 lower-case letters, digits or `_`. @default "sk" */
  readonly prefix?: string;
  /** How long a key holds, or `"never"`. @default "90d" */
  readonly ttl?: Duration | "never";
  /** How long both keys hold after a rotation. @default "24h" */
  readonly overlap?: Duration;
  /** How old `lastUsedAt` may be before a use is written again. @default "1m" */
  readonly touchEvery?: Duration;
  readonly clock?: Clock;
}

/** A key to be made. */
export interface NewApiKey {
  /** Id of the account or service that it acts for: 1 to 255 characters. */
  readonly owner: string;
  /** For people, 1 to 100 characters. */
  readonly name: string;
  /** What it may do, such as `["orders:read"]`, `["orders:*"]` or `["*"]`. */
  readonly scopes: readonly string[];
  /** How long it holds. @default the option of `createApiKeys` */
  readonly ttl?: Duration | "never";
}

/** A key without its secret. Times are milliseconds since the Unix epoch. */
export interface ApiKeyFacts {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly lastUsedAt?: number;
  readonly revokedAt?: number;
}

/** A key that was made. Only this once it is known as a whole. */
export interface IssuedApiKey extends ApiKeyFacts {
  /** What the machine sends. Only its hash is kept. */
  readonly key: string;
}

/** Options of a rotation. */
export interface RotateOptions {
  /** How long both keys hold. @default the option of `createApiKeys` */
  readonly overlap?: Duration;
  /** How long the new key holds. @default the option of `createApiKeys`; no end if the old key has none */
  readonly ttl?: Duration | "never";
}

/** Keys of machines. Failures of the store are passed on. */
export interface ApiKeys {
  /** @throws TypeError if a member is malformed */
  issue(key: NewApiKey): Promise<IssuedApiKey>;
  /**
   * Whose key it is. A key that is not one at all is refused by its checksum, without the store.
   *
   * @throws AUTH_TOKEN_INVALID, AUTH_TOKEN_EXPIRED, AUTH_TOKEN_REVOKED
   * @throws AUTH_FORBIDDEN if `scope` is given and is not among the scopes
   */
  verify(key: string, scope?: string): Promise<ApiKeyFacts>;
  /**
   * Makes a key like another one, which holds for the overlap still.
   *
   * @throws AUTH_TOKEN_INVALID if there is no such key; AUTH_TOKEN_EXPIRED, AUTH_TOKEN_REVOKED
   */
  rotate(id: string, options?: RotateOptions): Promise<IssuedApiKey>;
  /** Ends a key at once. Resolves with `false` if there is none, or it had ended before. */
  revoke(id: string): Promise<boolean>;
  /** The keys of an owner, without their secrets. */
  list(owner: string): Promise<readonly ApiKeyFacts[]>;
}
