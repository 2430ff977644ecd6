import { REDACTED } from "@seaworthy/core";
import type { Field } from "./model.ts";
import { masked, maskText, Redactor } from "./redact.ts";

/** Decides what may be shown of the values of one load. */
export class Disclosure {
  /** The secrets of the load, which are removed from everything that is shown. */
  readonly redactor: Redactor = new Redactor();
  readonly #hidden = new Set<string>();

  /** Hides the value of a field because of the place from which it was read. */
  hide(field: Field): void {
    this.#hidden.add(field.path);
  }

  /** Whether the value of a field is hidden because of the place from which it was read. */
  isHidden(field: Field): boolean {
    return this.#hidden.has(field.path);
  }

  /** Whether the value of a field must not be shown, for whatever reason. */
  hides(field: Field): boolean {
    return field.sensitivity === "secret" || field.sensitivity === "name" || this.isHidden(field);
  }

  /** Returns a string as it may be shown: redacted, or without credentials of a URL and secrets of other fields. */
  shownText(field: Field | undefined, text: string): string {
    const open = maskText(text);
    if (field === undefined || !this.hides(field)) return this.redactor.scrub(open ?? text);
    // The host of a URL may be shown, even if the URL was read from a secret file.
    return field.sensitivity === "url" && open !== undefined && !this.redactor.shows(open) ? open : REDACTED;
  }

  /** Returns the value that a layer has for a field as it may be shown, before the schema has read it. */
  shownRaw(field: Field, value: unknown): unknown {
    if (typeof value === "string") return this.shownText(field, value);
    // A name such as `tokenLifetime` does not make a number secret.
    const named = field.sensitivity === "name" && Array.isArray(value);
    const hidden = field.sensitivity === "secret" || named || this.isHidden(field);
    return masked(value, hidden, (text) => this.redactor.scrub(text));
  }
}
