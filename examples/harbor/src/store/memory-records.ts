import { errors } from "../errors.ts";
import type { Records } from "./records.ts";

/** Keeps records in this process. Other instances do not see them, and they are lost when the process ends. */
export function memoryRecords<T>(_kind: string, limit: number): Records<T> {
  const records = new Map<string, { record: T; status: string | undefined }>();
  return {
    async put(id, record, status) {
      const known = records.get(id);
      if (known === undefined && records.size >= limit) throw errors.HARBOR_STORE_FULL({ limit });
      records.set(id, { record, status: known === undefined ? status : known.status });
      return records.size;
    },
    get: async (id) => records.get(id)?.record,
    async page({ skip, limit: length, status }) {
      const found = [...records.values()].filter((entry) => status === undefined || entry.status === status);
      return { total: found.length, items: found.slice(skip, skip + length).map(({ record }) => record) };
    },
  };
}
