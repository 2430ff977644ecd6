// Entries before the start are dropped once there are this many.
const SLACK = 64;

/**
 * What was consumed, in the order of time. Each entry has the sum of all costs up to it, so that the cost of any part is
 * one subtraction.
 */
export class UsageLog {
  #times: number[] = [];
  #sums: number[] = [];
  #start = 0;
  /** The sum before the first entry. */
  #base = 0;

  get newest(): number | undefined {
    return this.#times.length > this.#start ? this.#times[this.#times.length - 1] : undefined;
  }

  /** Forgets the entries at or before a moment. */
  trim(cutoff: number): void {
    const first = this.after(cutoff);
    if (first === this.#start) return;
    this.#base = this.#sumBefore(first);
    this.#start = first;
    if (first === this.#times.length) this.clear();
    else if (first > SLACK && first * 2 > this.#times.length) this.#compact();
  }

  /** The place of the first entry after a moment; it changes with the next write. */
  after(cutoff: number): number {
    let low = this.#start;
    let high = this.#times.length;
    // Most often nothing has expired.
    if (low === high || (this.#times[low] as number) > cutoff) return low;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] as number) > cutoff) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The cost of the entries after a moment. */
  used(cutoff: number): number {
    return this.usedFrom(this.after(cutoff));
  }

  /** The cost of the entries from a place on. */
  usedFrom(first: number): number {
    return this.#total() - this.#sumBefore(first);
  }

  /** When the entry was made with which at least `cost` of what is from a place on is over. */
  timeOf(first: number, cost: number): number {
    let low = first;
    const target = this.#sumBefore(low) + cost;
    let high = this.#times.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sums[middle] as number) >= target) high = middle;
      else low = middle + 1;
    }
    return this.#times[low] as number;
  }

  /** Adds an entry. If there are `most`, the cost is added to the newest one, which becomes as new. */
  add(time: number, cost: number, most: number): void {
    const sum = this.#total() + cost;
    const at = Math.max(time, this.newest ?? time);
    if (this.#times.length - this.#start >= most) {
      this.#times.pop();
      this.#sums.pop();
    }
    this.#times.push(at);
    this.#sums.push(sum);
  }

  /** Adds an entry in the past. */
  insert(time: number, cost: number): void {
    const place = this.after(time);
    this.#times.splice(place, 0, time);
    this.#sums.splice(place, 0, this.#sumBefore(place));
    for (let i = place; i < this.#sums.length; i++) (this.#sums[i] as number) += cost;
  }

  /** Takes cost away from the newest entries that were made at or before a moment. */
  giveBack(cost: number, until: number = Number.POSITIVE_INFINITY): void {
    let left = cost;
    for (let i = this.after(until) - 1; i >= this.#start && left > 0; i--) {
      const own = (this.#sums[i] as number) - this.#sumBefore(i);
      const taken = Math.min(own, left);
      left -= taken;
      for (let j = i; j < this.#sums.length; j++) (this.#sums[j] as number) -= taken;
      if (taken < own) break;
      this.#times.splice(i, 1);
      this.#sums.splice(i, 1);
    }
  }

  clear(): void {
    this.#times = [];
    this.#sums = [];
    this.#start = 0;
    this.#base = 0;
  }

  #total(): number {
    return this.#sumBefore(this.#times.length);
  }

  #sumBefore(index: number): number {
    return index > this.#start ? (this.#sums[index - 1] as number) : this.#base;
  }

  #compact(): void {
    this.#times = this.#times.slice(this.#start);
    this.#sums = this.#sums.slice(this.#start);
    this.#start = 0;
  }
}
