import type { Announcement } from "../store.ts";

const MOST = 1000;
const IN_ONE = 100;

/**
 * Announcements that could not reach the store, in few words: a key or a tag is owed once, and too many of them become one
 * invalidation of everything.
 */
export class OwedAnnouncements {
  readonly #keys = new Set<string>();
  readonly #tags = new Set<string>();
  #all = false;

  get isEmpty(): boolean {
    return !this.#all && this.#keys.size === 0 && this.#tags.size === 0;
  }

  add({ kind, names }: Announcement): void {
    const owed = kind === "keys" ? this.#keys : this.#tags;
    for (const name of names) owed.add(name);
    if (kind === "all" || this.#keys.size + this.#tags.size > MOST) {
      this.#all = true;
      this.#keys.clear();
      this.#tags.clear();
    }
  }

  /** The next one to be made. */
  first(): Announcement | undefined {
    if (this.#all) return { kind: "all", names: [] };
    if (this.#tags.size > 0) return { kind: "tags", names: [...this.#tags].slice(0, IN_ONE) };
    return this.#keys.size > 0 ? { kind: "keys", names: [...this.#keys].slice(0, IN_ONE) } : undefined;
  }

  paid({ kind, names }: Announcement): void {
    if (kind === "all") this.#all = false;
    const owed = kind === "keys" ? this.#keys : this.#tags;
    for (const name of names) owed.delete(name);
  }
}
