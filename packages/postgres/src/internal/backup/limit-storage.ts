import type { BackupStorage } from "../../backup/storage.ts";
import { errors } from "../../errors.ts";

/** The same storage, but calls are given up after `timeout` milliseconds, and so are streams that stall. */
export function limitStorage(storage: BackupStorage, timeout: number): BackupStorage {
  const givenUp = (action: string): Error =>
    errors.POSTGRES_BACKUP_FAILED({ action }, { message: `storage.${action} did not end within ${timeout} ms` });
  const within = async <T>(action: string, call: () => Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(givenUp(action)), timeout);
    });
    try {
      return await Promise.race([call(), late]);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    put: (name, content) => within("put", () => storage.put(name, content)),
    async get(name) {
      const content = await within("get", () => storage.get(name));
      const timer = setTimeout(() => content.destroy(givenUp("get")), timeout).unref();
      content.once("close", () => clearTimeout(timer));
      return content;
    },
    list: () => within("list", () => storage.list()),
    remove: (name) => within("remove", () => storage.remove(name)),
  };
}
