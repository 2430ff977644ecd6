/** A place in a {@link WaitingLine}. */
export class Place {
  readonly enter: () => void;
  earlier: Place | undefined = undefined;
  later: Place | undefined = undefined;

  constructor(enter: () => void) {
    this.enter = enter;
  }
}

/**
 * The calls that wait, in order of arrival. Each may leave at once, from the middle too. A `Set` would do but for its
 * front: it finds its first member only after all that were deleted before it, which makes a long queue quadratic.
 */
export class WaitingLine {
  #first: Place | undefined = undefined;
  #last: Place | undefined = undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): Place | undefined {
    return this.#first;
  }

  join(place: Place): void {
    place.earlier = this.#last;
    if (this.#last === undefined) this.#first = place;
    else this.#last.later = place;
    this.#last = place;
    this.#length += 1;
  }

  /** Takes a place out; nothing happens if it is out already. */
  remove(place: Place): void {
    const { earlier, later } = place;
    if (earlier === undefined && this.#first !== place) return;
    place.earlier = undefined;
    place.later = undefined;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    this.#length -= 1;
  }
}
