/**
 * Keys of persons, one each, by which personal members of entries are encrypted. They are kept apart from the trail: once
 * a key is destroyed, what it encrypted cannot be read, in every copy of the trail.
 */
export interface AuditKeys {
  /** The key of a person, 32 bytes, or `undefined` if there is none or it was destroyed. */
  get(owner: string): Promise<Uint8Array | undefined>;
  /** The key of a person, which is made if there is none. Calls at the same time get the same key. */
  getOrCreate(owner: string): Promise<Uint8Array>;
  /** Destroys the key; resolves also if there is none. */
  destroy(owner: string): Promise<void>;
}
