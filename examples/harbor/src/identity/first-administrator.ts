import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Auth } from "@seaworthy/auth";
import type { AuditSink } from "@seaworthy/core";
import { type Postgres, sql } from "@seaworthy/postgres";
import { errors } from "../errors.ts";

/** Makes the first administrator. */
export interface FirstAdministrator {
  /** Where the code is, or `undefined` if there has been a first administrator. */
  readonly path: string | undefined;
  /** Makes the account an administrator, if the code is right and none was made before. */
  claim(userId: string, code: string): Promise<void>;
}

/** What {@link openFirstAdministrator} works with. */
export interface FirstAdministratorOptions {
  db: Postgres;
  auth: Auth;
  audit: AuditSink;
  /** The data directory. */
  directory: string;
}

/**
 * The service has no default account. Until an administrator was made, each instance writes a random code into a file of its
 * data directory that only its own user can read. An account that sends the code becomes the administrator: anyone who can read
 * the file has the machine already.
 */
export async function openFirstAdministrator(options: FirstAdministratorOptions): Promise<FirstAdministrator> {
  const { db, auth, audit, directory } = options;
  const path = join(directory, "first-administrator");
  const { rows } = await db.query("select user_id from first_administrator");
  const code = rows.length > 0 ? undefined : randomBytes(24).toString("base64url");
  await rm(path, { force: true });
  if (code !== undefined) {
    await mkdir(directory, { recursive: true });
    await writeFile(path, `${code}\n`, { mode: 0o600, flag: "wx" });
  }
  return {
    path: code === undefined ? undefined : path,
    async claim(userId, given) {
      if (code === undefined || !timingSafeEqual(digest(given), digest(code))) {
        await audit.record({ type: "account.first_administrator", outcome: "denied", subject: userId });
        throw errors.HARBOR_CODE_WRONG();
      }
      await db.transaction(async (tx) => {
        const made = sql`insert into first_administrator (user_id) values (${userId}) on conflict do nothing`;
        const { rowCount } = await tx.query(made);
        if (rowCount === 0) throw errors.HARBOR_CODE_WRONG(); // another instance was faster
        await auth.setRoles(userId, ["administrator"]); // which is in the audit trail
      });
      await rm(path, { force: true });
    },
  };
}

const digest = (value: string): Buffer => createHash("sha256").update(value).digest();
