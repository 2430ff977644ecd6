import {
  isSeaworthyError,
  isSecret,
  type Secret,
  secret,
  startTimer,
  systemClock,
  toMilliseconds,
} from "@seaworthy/core";
import type { LoadConfigOptions } from "./load-options.ts";

/** What a reference named, or why that cannot be had. */
export type Resolution = { value: Secret<string> } | { fault: string };

const REFERENCE = /^([a-z][a-z0-9+.-]*):\/\/(.+)$/s;
const LONGEST_NAME = 1024;
const TIMEOUT = "10s";

/** Resolves the references of one load, each name once. */
export class References {
  readonly #options: LoadConfigOptions;
  readonly #known = new Map<string, Promise<Resolution>>();

  constructor(options: LoadConfigOptions) {
    this.#options = options;
  }

  /** Whether text is a reference: its scheme has a resolver, or is `vault`, which must have one. */
  isReference(text: string): boolean {
    const scheme = REFERENCE.exec(text)?.[1];
    return scheme !== undefined && (scheme === "vault" || Object.hasOwn(this.#options.references ?? {}, scheme));
  }

  resolve(text: string): Promise<Resolution> {
    const known = this.#known.get(text) ?? this.#fetch(text);
    this.#known.set(text, known);
    return known;
  }

  async #fetch(text: string): Promise<Resolution> {
    const [, scheme = "", name = ""] = REFERENCE.exec(text) ?? [];
    const { references = {}, referenceTimeout = TIMEOUT, clock = systemClock } = this.#options;
    if (!Object.hasOwn(references, scheme)) return { fault: `no resolver for ${scheme}:// was given` };
    if (name.length > LONGEST_NAME) return { fault: `its name is longer than ${LONGEST_NAME} characters` };
    let cancel = (): void => undefined;
    const late = new Promise<Resolution>((settle) => {
      const give = (): void => settle({ fault: `its resolver did not answer within ${String(referenceTimeout)}` });
      cancel = startTimer(clock, toMilliseconds(referenceTimeout, "referenceTimeout"), give, { keepAlive: true });
    });
    try {
      return await Promise.race([late, Promise.resolve(references[scheme]?.(name)).then(asSecret)]);
    } catch (error) {
      // The text of a foreign error may hold the value; its code or name does not.
      const kind = isSeaworthyError(error) ? error.code : error instanceof Error ? error.name : typeof error;
      return { fault: `its resolver failed with ${kind}` };
    } finally {
      cancel();
    }
  }
}

function asSecret(value: unknown): Resolution {
  const text = isSecret(value) ? value.reveal() : value;
  if (typeof text !== "string") return { fault: "its resolver gave no text" };
  return text === "" ? { fault: "its resolver gave empty text" } : { value: secret(value as string | Secret<string>) };
}
