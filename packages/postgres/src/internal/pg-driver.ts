import type { PoolConfig } from "pg";
import type { SqlResult } from "../postgres.ts";
import type { TypeParsers } from "./value-types.ts";

// What is used of the pg package. Its own types leave out the members that a cancel request needs.

/** A connection on the level of the protocol. */
export interface PgConnection {
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
  on(event: string, listener: (error?: Error) => void): void;
  readonly stream: { destroy(): void };
}

/** A connection of the pool. */
export interface PgClient {
  readonly host: string;
  readonly port: number;
  readonly ssl: unknown;
  /** `null` until the server has told it, and behind servers that do not. */
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly connection?: PgConnection;
  query(text: string, params?: readonly unknown[]): Promise<SqlResult & { command?: string }>;
  on(event: "error", listener: (error: Error) => void): void;
  removeListener(event: "error", listener: (error: Error) => void): void;
  release(destroy: boolean): void;
}

/** The pool. */
export interface PgPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  connect(): Promise<PgClient>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "connect" | "remove", listener: () => void): void;
}

/** The module. */
export interface PgDriver {
  readonly Pool: new (config: Omit<PoolConfig, "types"> & { types: TypeParsers }) => PgPool;
  readonly Connection: new (config: { ssl: unknown }) => PgConnection;
  readonly types: TypeParsers;
}
