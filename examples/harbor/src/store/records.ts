/** Which records of a collection a page has. */
export interface RecordPage {
  /** How many records come before the page. */
  skip: number;
  /** The largest number of records on the page. */
  limit: number;
  /** Only records that were stored with this status. */
  status?: string | undefined;
}

/**
 * Records of one kind, in the order in which they were created. Where they are kept is decided by the configuration: in
 * this process, or in a Redis server that several instances share.
 */
export interface Records<T> {
  /**
   * Stores a record and resolves with the number of records. A record with the same id is replaced and keeps its place
   * and its status. Rejects with `HARBOR_STORE_FULL` if a new record does not fit, and then stores nothing.
   */
  put(id: string, record: T, status?: string): Promise<number>;
  get(id: string): Promise<T | undefined>;
  /** `total` counts all records with that status, on this page or not. */
  page(page: RecordPage): Promise<{ total: number; items: T[] }>;
}

/** Makes the records of one kind. `limit` is the largest number of them. */
export type OpenRecords = <T>(kind: string, limit: number) => Records<T>;
