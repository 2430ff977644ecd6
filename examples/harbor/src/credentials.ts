import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Secret, secret } from "@seaworthy/core";
import { fileStore, openVault } from "@seaworthy/vault";

const UPSTREAM_KEY = "upstream/api-key";

/**
 * The upstream's API key, from a vault in the data directory that is created on the first start.
 *
 * In production the master password comes from the configuration (`VAULT__PASSWORD`, or a file by
 * `VAULT__PASSWORD_FILE`). Otherwise a random password is stored beside the vault. Anyone who can read the directory can
 * then open the vault, which is sufficient to try the app.
 */
export async function upstreamKey(directory: string, password: Secret | undefined): Promise<Secret> {
  // The vault refuses a folder that other users may enter, and the data directory may be such a mount.
  const home = join(directory, "vault");
  await mkdir(home, { recursive: true, mode: 0o700 });
  const vault = await openVault({
    store: fileStore(join(home, "harbor.vault")),
    password: password ?? (await localPassword(join(home, "master-password"))),
    create: true,
  });
  try {
    if (!vault.list().some(({ name }) => name === UPSTREAM_KEY)) {
      await vault.set(UPSTREAM_KEY, secret(randomBytes(24).toString("base64url")), { rotateAfter: "90d" });
    }
    return await vault.get(UPSTREAM_KEY);
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
