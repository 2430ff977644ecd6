import { scrubAndCut } from "@seaworthy/core/redaction";
import { isPlain, quote } from "./json-text.ts";
import type { ReservedNames } from "./line-format.ts";
import type { Redactor } from "./redactor.ts";

/** What is known about the name of a member. */
export interface KeyInfo {
  /** The name as it was given. */
  readonly key: string;
  /** The name as it is written. */
  readonly name: string;
  /** The same as JSON. */
  readonly json: string;
  /** Whether its value is blanked. */
  readonly hidden: boolean;
  /** Whether it was cut or scrubbed, so that it may be the same as another name. */
  readonly altered: boolean;
  /** Whether the logger itself writes this name at the top of a line, always or sometimes. */
  readonly reserved: "no" | "always" | "sometimes";
}

const LONGEST = 256;
const LONGEST_KEPT = 64;
const MOST_KEPT = 2000;

/**
 * Remembers what a name means, so that it is judged once and not for every line. The number of names has a limit, because a
 * host may log names that its clients choose.
 */
export class KeyTable {
  readonly redactor: Redactor;
  readonly reserved: ReservedNames;
  readonly #known = new Map<string, KeyInfo>();

  constructor(redactor: Redactor, reserved: ReservedNames) {
    this.redactor = redactor;
    this.reserved = reserved;
  }

  get(key: string): KeyInfo {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (key.length > LONGEST_KEPT || !isPlain(key)) return this.#judge(key, scrubAndCut(key, LONGEST));
    const info = this.#judge(key, key);
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    this.#known.set(key, info);
    return info;
  }

  /** Returns the same for a name from which the values of living secrets are removed. */
  scrubbed(key: string): KeyInfo {
    const name = scrubAndCut(key, LONGEST);
    return name === key ? this.get(key) : this.#judge(key, name);
  }

  #judge(key: string, name: string): KeyInfo {
    const { always, sometimes } = this.reserved;
    return {
      key,
      name,
      json: quote(name),
      hidden: this.redactor.hides(key),
      altered: name !== key,
      reserved: always.has(key) ? "always" : sometimes.has(key) ? "sometimes" : "no",
    };
  }
}
