import type { PostgresClient } from "../../postgres.ts";

/** One migration, whatever it was read from. */
export interface Step {
  readonly id: string;
  /** SHA-256 of what it does, in hexadecimal digits. */
  readonly checksum: string;
  /** Whether it runs in a transaction. */
  readonly transaction: boolean;
  up(sql: PostgresClient): Promise<void>;
  down?(sql: PostgresClient): Promise<void>;
}

/** The order of ids: that of their UTF-16 units, which does not depend on a locale. */
export const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
