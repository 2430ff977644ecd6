import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { connectPostgres, type Postgres, type PostgresOptions } from "../src/index.ts";

/** The server of the tests; with `CI=true` it has to be there. */
export const SERVER: string = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";

/** Whether something accepts connections at the URL's port. In CI a missing server is a failure. */
export async function reachable(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const open = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 5432), timeout: 5000 });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
    socket.once("timeout", () => finish(false));
  });
  if (!open && process.env.CI === "true") throw new Error(`no PostgreSQL server at ${hostname}:${port}`);
  if (!open) console.warn(`skipped: no PostgreSQL server at ${hostname}:${port}`);
  return open;
}

/** A name that no other run uses. */
export const uniqueName = (prefix: string): string => `${prefix}_${randomBytes(6).toString("hex")}`;

/**
 * Databases of one engine, in a schema of their own. An embedded database takes long to open, so that there is one for
 * all tests of a file.
 */
export class Place {
  readonly engine: "pg" | "pglite";
  readonly schema = uniqueName("sw_postgres");
  readonly #open = new Map<string, Postgres>();

  constructor(engine: "pg" | "pglite") {
    this.engine = engine;
  }

  /** The same database for the same options. */
  async open(options: Partial<PostgresOptions> = {}): Promise<Postgres> {
    const key = JSON.stringify(options);
    const opened = this.#open.get(key);
    if (opened !== undefined) return opened;
    const db = await connectPostgres({ url: this.url, name: "tests", ...options });
    this.#open.set(key, db);
    if (this.engine === "pglite") await db.query(`set search_path = ${this.schema}`);
    await db.query(`create schema if not exists ${this.schema}`);
    return db;
  }

  get url(): string {
    if (this.engine === "pglite") return "pglite://memory";
    const url = new URL(SERVER);
    url.searchParams.set("options", `-c search_path=${this.schema}`);
    return url.href;
  }

  /** Removes what a test has made. */
  async clean(): Promise<void> {
    const [db] = this.#open.values();
    await db?.query(`drop schema if exists ${this.schema} cascade; create schema ${this.schema}`);
  }

  async close(): Promise<void> {
    const [db] = this.#open.values();
    await db?.query(`drop schema if exists ${this.schema} cascade`);
    for (const open of this.#open.values()) await open.close({ timeout: 100 });
    this.#open.clear();
  }
}

/** The engines that can be tested here. */
export const ENGINES: readonly ("pg" | "pglite")[] = (await reachable(SERVER)) ? ["pg", "pglite"] : ["pglite"];
