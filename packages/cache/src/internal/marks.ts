const MOST_TAGS = 10_000;

/**
 * What was invalidated, and when: positions in the order of announcements. A value is valid if it was made at or after the
 * position of every invalidation that concerns it.
 */
export class Marks {
  /** The last position that is known to have happened. */
  latest = 0;
  /** Values from before this are invalid. */
  floor = 0;
  /** The last position at which a tag, or everything, was invalidated. */
  newest = 0;
  readonly #tags = new Map<string, number>();

  /** Notes that a position has happened. */
  see(position: number): void {
    if (position > this.latest) this.latest = position;
  }

  /** The next position of an invalidation that only this process knows of yet. */
  next(): number {
    return ++this.latest;
  }

  invalidate(tag: string, position: number): void {
    this.see(position);
    if (position > this.newest) this.newest = position;
    const known = this.#tags.get(tag);
    if (known !== undefined && known >= position) return;
    // Set anew, so that the map stays in the order of positions.
    this.#tags.delete(tag);
    this.#tags.set(tag, position);
    if (this.#tags.size > MOST_TAGS) this.#forgetOlderHalf();
  }

  invalidateAll(position: number): void {
    this.see(position);
    if (position > this.newest) this.newest = position;
    if (position > this.floor) this.floor = position;
  }

  /** Whether what was made at a position, with these tags, is still valid. */
  allows(position: number, tags: readonly string[] | undefined): boolean {
    if (position < this.floor) return false;
    if (tags === undefined) return true;
    for (const tag of tags) if ((this.#tags.get(tag) ?? 0) > position) return false;
    return true;
  }

  /** Older values become invalid, whatever their tags are. */
  #forgetOlderHalf(): void {
    let count = this.#tags.size >> 1;
    for (const [tag, position] of this.#tags) {
      if (count-- === 0) break;
      this.#tags.delete(tag);
      if (position > this.floor) this.floor = position;
    }
  }
}
