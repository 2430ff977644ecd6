/**
 * Finds any of many texts in a text, in a time that hardly depends on how many they are (S. Wu and U. Manber, "A fast
 * algorithm for multi-pattern searching", 1994): three characters at a time say how far the search can jump, because no
 * text that is looked for ends before. The ends are compared, since credentials of one kind begin alike.
 */
export class NeedleIndex<Owner> {
  readonly #owners = new Map<string, Set<Owner>>();
  #jumps: Uint8Array = NO_JUMPS;
  /** Which three characters stand before the last three of any needle: nearly all false hits end here. */
  #before: Uint8Array = NO_JUMPS;
  /** The needles by their last characters, as many as the window has. */
  readonly #tails = new Map<string, Set<string>>();
  /** How many of the last characters of each needle are looked at; no needle is shorter. */
  #window: number = Number.POSITIVE_INFINITY;
  #isLarge = false;
  #removed = 0;

  add(needle: string, owner: Owner): void {
    const owners = this.#owners.get(needle);
    if (owners !== undefined) {
      owners.add(owner);
      return;
    }
    this.#owners.set(needle, new Set([owner]));
    if (needle.length < this.#window || this.#owners.size > LARGE !== this.#isLarge) this.#build();
    else this.#enter(needle);
  }

  remove(needle: string, owner: Owner): void {
    const owners = this.#owners.get(needle);
    if (owners === undefined || !owners.delete(owner) || owners.size > 0) return;
    this.#owners.delete(needle);
    const tail = needle.slice(-this.#window);
    const alike = this.#tails.get(tail);
    alike?.delete(needle);
    if (alike?.size === 0) this.#tails.delete(tail);
    // A removed needle still shortens the jumps, until the table is built again.
    this.#removed++;
    if (this.#removed > REBUILT_AFTER && this.#removed > this.#owners.size) this.#build();
  }

  /** Whether any of the texts occurs. */
  has(text: string): boolean {
    return this.#search(text, undefined);
  }

  /** Adds those whose text occurs to `found`. */
  collect(text: string, found: Set<Owner>): void {
    this.#search(text, found);
  }

  #search(text: string, found: Set<Owner> | undefined): boolean {
    const jumps = this.#jumps;
    const before = this.#before;
    const { length } = text;
    for (let end = this.#window - 1; end < length; ) {
      const jump = jumps[hashAt(text, end)] ?? 0;
      if (jump > 0) {
        end += jump;
        continue;
      }
      if (before[hashAt(text, end - BLOCK)] === 0) {
        end++;
        continue;
      }
      for (const needle of this.#tails.get(text.slice(end + 1 - this.#window, end + 1)) ?? NOTHING) {
        if (!text.startsWith(needle, end + 1 - needle.length) || end + 1 < needle.length) continue;
        if (found === undefined) return true;
        for (const owner of this.#owners.get(needle) ?? []) found.add(owner);
      }
      end++;
    }
    return false;
  }

  #build(): void {
    this.#isLarge = this.#owners.size > LARGE;
    this.#removed = 0;
    this.#tails.clear();
    this.#window = this.#isLarge ? WINDOW_OF_MANY : WINDOW;
    for (const needle of this.#owners.keys()) this.#window = Math.min(this.#window, needle.length);
    this.#jumps = new Uint8Array(HASHES + 1).fill(this.#window - BLOCK + 1);
    this.#before = new Uint8Array(HASHES + 1);
    if (this.#owners.size === 0) this.#window = Number.POSITIVE_INFINITY;
    for (const needle of this.#owners.keys()) this.#enter(needle);
  }

  #enter(needle: string): void {
    const last = needle.length - 1;
    for (let back = 0; back <= this.#window - BLOCK; back++) {
      const hash = hashAt(needle, last - back);
      if ((this.#jumps[hash] ?? 0) > back) this.#jumps[hash] = back;
    }
    this.#before[hashAt(needle, last - BLOCK)] = 1;
    const tail = needle.slice(-this.#window);
    const alike = this.#tails.get(tail);
    if (alike === undefined) this.#tails.set(tail, new Set([needle]));
    else alike.add(needle);
  }
}

const BLOCK = 3;
const HASHES = 0xffff;
// A longer window jumps farther, but fills the table.
const WINDOW = 16;
const WINDOW_OF_MANY = 8;
const LARGE = 512;
const REBUILT_AFTER = 64;
const NO_JUMPS = new Uint8Array(0);
const NOTHING: ReadonlySet<string> = new Set();

function hashAt(text: string, end: number): number {
  return ((text.charCodeAt(end - 2) << 10) ^ (text.charCodeAt(end - 1) << 5) ^ text.charCodeAt(end)) & HASHES;
}
