import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secret } from "@seaworthy/core";
import { testDatabase } from "@seaworthy/postgres/testing";
import { inject } from "vitest";
import { openFirstAdministrator } from "../src/identity/first-administrator.ts";
import type { Identity } from "../src/identity/identity.ts";
import { openIdentity } from "../src/identity/open-identity.ts";
import { openDatabase } from "../src/store/open-database.ts";
import { openStores, type Stores } from "../src/store/stores.ts";
import { reachable } from "./reachable.ts";

const server = process.env.TEST_POSTGRES_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";

/** An empty database of one engine, with the tables of the service. */
export interface Place extends AsyncDisposable {
  /** What the service is configured with, or nothing for the default. */
  readonly environment: { DATABASE_URL?: string };
  /** The data directory. */
  readonly directory: string;
}

/** A new data directory. Unless a server keeps the data, it has an empty embedded database. */
export function dataDirectory(onServer = false): string {
  const directory = mkdtempSync(join(tmpdir(), "harbor-"));
  if (onServer) return directory;
  cpSync(inject("dataDirectory"), directory, { recursive: true });
  return directory;
}

async function embedded(): Promise<Place> {
  const directory = dataDirectory();
  const remove = async (): Promise<void> => rmSync(directory, { recursive: true, force: true });
  return { environment: {}, directory, [Symbol.asyncDispose]: remove };
}

async function onServer(): Promise<Place> {
  const directory = dataDirectory(true);
  const { url, db, close } = await testDatabase({ server });
  await db.close();
  const remove = async (): Promise<void> => {
    rmSync(directory, { recursive: true, force: true });
    await close();
  };
  return { environment: { DATABASE_URL: url }, directory, [Symbol.asyncDispose]: remove };
}

/** Makes a place on each engine that can be had here. */
export const engines: [name: string, make: () => Promise<Place>][] = [["PGlite", embedded]];
if (await reachable(server)) engines.push(["PostgreSQL", onServer]);

/** Stores and accounts over an embedded database, for tests in this process. */
export async function openTestParts(): Promise<{ stores: Stores; identity: Identity } & AsyncDisposable> {
  const place = await embedded();
  const { directory } = place;
  const db = await openDatabase({ data: place, database: { base: 1, overflow: 0, instances: 1 } });
  const stores = openStores(db);
  const { audit } = stores;
  const key = secret(randomBytes(32).toString("base64url"));
  const auth = openIdentity({ db, audit, key, directory, publicUrl: "http://127.0.0.1:3000" });
  const first = await openFirstAdministrator({ db, audit, auth, directory });
  const dispose = async (): Promise<void> => {
    await auth.close();
    await stores.close();
    await place[Symbol.asyncDispose]();
  };
  return { stores, identity: { auth, first }, [Symbol.asyncDispose]: dispose };
}
