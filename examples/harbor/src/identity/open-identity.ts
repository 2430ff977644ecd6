import { hkdfSync } from "node:crypto";
import { join } from "node:path";
import { type Auth, createAuth, createKeyRing, fileMailer } from "@seaworthy/auth";
import { postgresAuthStore } from "@seaworthy/auth/postgres";
import type { AuditSink, Secret } from "@seaworthy/core";
import type { Postgres } from "@seaworthy/postgres";

/** What {@link openIdentity} works with. */
export interface IdentityOptions {
  db: Postgres;
  audit: AuditSink;
  /** Signs access tokens, and encrypts the secrets of authenticator apps. */
  key: Secret;
  /** The data directory. Mails are written into its folder `mails`, in place of sending them. */
  directory: string;
  /** The address at which clients reach the service, for the links of mails. */
  publicUrl: string;
}

/** Accounts, logins and sessions in the database. */
export function openIdentity({ db, audit, key, directory, publicUrl }: IdentityOptions): Auth {
  const totpKey = new Uint8Array(hkdfSync("sha256", key.reveal(), "", "harbor: authenticator apps", 32));
  return createAuth({
    store: postgresAuthStore(db),
    audit,
    tokens: {
      issuer: publicUrl,
      audience: "harbor",
      // Only instances of this service verify its tokens, so one secret that they share is enough.
      keys: createKeyRing({ keys: [{ key, algorithm: "HS256" }] }),
    },
    totp: { issuer: "harbor", key: totpKey },
    mailer: fileMailer(join(directory, "mails")),
    links: {
      verifyEmail: (token) => `${publicUrl}/#verify=${token}`,
      resetPassword: (token) => `${publicUrl}/#reset=${token}`,
    },
    cleanUpEvery: "1h",
  });
}
