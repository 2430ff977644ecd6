import type { Backup, BackupVerification } from "../../backup/backups.ts";
import type { BackupStorage } from "../../backup/storage.ts";
import { errors } from "../../errors.ts";
import { idOf, manifestName, parseManifest, verificationName } from "./manifest-files.ts";

const LARGEST_TEXT = 64 * 1024 * 1024;

/** What a storage holds. A dump without a manifest is not complete and is not listed. */
export class Catalog {
  readonly #storage: BackupStorage;

  constructor(storage: BackupStorage) {
    this.#storage = storage;
  }

  /** The complete backups, the last one first. One whose manifest is damaged is left out. */
  async list(): Promise<Backup[]> {
    const names = await this.#storage.list();
    const ids = names.map(idOf).filter((id) => id !== undefined);
    const backups: Backup[] = [];
    for (const id of ids.sort().reverse()) {
      const backup = await this.#read(id, names.includes(verificationName(id))).catch((error: unknown) => {
        if (errors.POSTGRES_BACKUP_INVALID.is(error)) return undefined;
        throw error;
      });
      if (backup !== undefined) backups.push(backup);
    }
    return backups;
  }

  /** One backup, or the last one. */
  async find(id?: string): Promise<Backup> {
    if (id === undefined) {
      const [last] = await this.list();
      if (last === undefined) throw errors.POSTGRES_BACKUP_INVALID({}, { message: "There is no complete backup" });
      return last;
    }
    const names = await this.#storage.list();
    if (idOf(manifestName(id)) === undefined || !names.includes(manifestName(id)))
      throw errors.POSTGRES_BACKUP_INVALID({ id }, { message: `There is no complete backup ${JSON.stringify(id)}` });
    return this.#read(id, names.includes(verificationName(id)));
  }

  async #read(id: string, isVerified: boolean): Promise<Backup> {
    const manifest = parseManifest(id, await this.#text(manifestName(id)));
    if (!isVerified) return { id, manifest };
    const verification = parseVerification(await this.#text(verificationName(id)));
    return verification === undefined ? { id, manifest } : { id, manifest, verification };
  }

  async #text(name: string): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const part of await this.#storage.get(name)) {
      const chunk: Buffer = Buffer.from(part);
      size += chunk.length;
      if (size > LARGEST_TEXT) throw errors.POSTGRES_BACKUP_INVALID({ name }, { message: `${name} is too large` });
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
  }
}

/** A damaged record of a verification counts as none: the backup can be verified again. */
function parseVerification(text: string): BackupVerification | undefined {
  try {
    const value: BackupVerification | null = JSON.parse(text);
    return value?.version === 1 && typeof value.ok === "boolean" ? value : undefined;
  } catch {
    return undefined;
  }
}
