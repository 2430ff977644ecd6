import type { SqlResult } from "../postgres.ts";

/** One connection, held by one caller. Statements are sent one after the other: the caller sees to it. */
export interface Session {
  /** Runs one statement, or several without parameters. Rejects with the driver's error. */
  query(text: string, params?: readonly unknown[]): Promise<SqlResult & { command?: string }>;
  /** Asks the server to cancel the statement that runs. Resolves when the server has taken the request; never rejects. */
  cancel(): Promise<void>;
  /** Ends the connection under a statement that cannot be cancelled; the statement rejects. */
  cut(): void;
  /** Whether the connection is known to be lost. */
  readonly lost: boolean;
  /** Gives the connection back, or closes it. */
  release(destroy: boolean): void;
}

/** Where connections come from. */
export interface Engine {
  readonly kind: "pg" | "pglite";
  /** Resolves with a connection, or rejects with an error of this package. Waits no longer than the connect timeout. */
  acquire(): Promise<Session>;
  counts(): { total: number; idle: number; waiting: number };
  /** Ends idle connections at once, and the others when they are released, or after `timeout` milliseconds. */
  close(timeout: number): Promise<void>;
}
