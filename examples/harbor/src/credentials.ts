import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Secret, secret } from "@seaworthy/core";
import { fileStore, openVault } from "@seaworthy/vault";

/** The secrets of this service. */
export interface Credentials {
  /** The key that the upstream is called with. */
  upstream: Secret;
  /** What signs access tokens and encrypts the secrets of authenticator apps. All instances of the service need the same one. */
  auth: Secret;
}

const ENTRIES = { upstream: "upstream/api-key", auth: "auth/key" } as const;

/**
 * Reads the secrets from a vault in the data directory, which is created on the first start, and so is each secret that it does
 * not have.
 *
 * In production the master password comes from the configuration (`VAULT__PASSWORD`, or a file by
 * `VAULT__PASSWORD_FILE`). Otherwise a random password is stored beside the vault. Anyone who can read the directory can
 * then open the vault, which is sufficient to try the app.
 */
export async function openCredentials(directory: string, password: Secret | undefined): Promise<Credentials> {
  // The vault refuses a folder that other users may enter, and the data directory may be such a mount.
  const home = join(directory, "vault");
  await mkdir(home, { recursive: true, mode: 0o700 });
  const vault = await openVault({
    store: fileStore(join(home, "harbor.vault")),
    password: password ?? (await localPassword(join(home, "master-password"))),
    create: true,
  });
  const entry = async (name: string): Promise<Secret> => {
    if (!vault.list().some((known) => known.name === name))
      await vault.set(name, secret(randomBytes(32).toString("base64url")), { rotateAfter: "90d" });
    return vault.get(name);
  };
  try {
    return { upstream: await entry(ENTRIES.upstream), auth: await entry(ENTRIES.auth) };
  } finally {
    vault.lock();
  }
}

async function localPassword(path: string): Promise<Secret> {
  try {
    await writeFile(path, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return secret(await readFile(path, "utf8"));
}
