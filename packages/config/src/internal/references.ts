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
const PENDING: Resolution = { fault: "it has not been fetched yet" };

/**
 * Resolves the references of one load, each name once. They are all fetched at the same time, between a first walk over
 * the values, which finds them, and a second one.
 */
export class References {
  readonly #options: LoadConfigOptions;
  readonly #synchronous: boolean;
  readonly #known = new Map<string, Resolution>();

  constructor(options: LoadConfigOptions, synchronous: boolean) {
    this.#options = options;
    this.#synchronous = synchronous;
  }

  /** Whether there may be references to fetch. */
  get expected(): boolean {
    return !this.#synchronous && Object.keys(this.#options.references ?? {}).length > 0;
  }

  /** Whether text is a reference: its scheme has a resolver, or is `vault`, which must have one. */
  isReference(text: string): boolean {
    const scheme = REFERENCE.exec(text)?.[1];
    return scheme !== undefined && (scheme === "vault" || Object.hasOwn(this.#options.references ?? {}, scheme));
  }

  resolve(text: string): Resolution {
    const known = this.#known.get(text) ?? this.#refusal(text) ?? (this.#synchronous ? this.#call(text) : PENDING);
    this.#known.set(text, known);
    return known;
  }

  /** Fetches everything that was asked for. */
  async fetch(): Promise<void> {
    const pending = [...this.#known].filter(([, resolution]) => resolution === PENDING);
    await Promise.all(pending.map(async ([text]) => this.#known.set(text, await this.#fetch(text))));
  }

  #refusal(text: string): Resolution | undefined {
    const { scheme, name } = partsOf(text);
    if (!Object.hasOwn(this.#options.references ?? {}, scheme))
      return { fault: `no resolver for ${scheme}:// was given` };
    return name.length > LONGEST_NAME ? { fault: `its name is longer than ${LONGEST_NAME} characters` } : undefined;
  }

  #call(text: string): Resolution {
    const { scheme, name } = partsOf(text);
    try {
      const value: unknown = this.#options.references?.[scheme]?.(name);
      if (typeof (value as { then?: unknown } | null)?.then !== "function") return asSecret(value);
      (value as Promise<unknown>).then(undefined, () => undefined);
      return { fault: "its resolver is asynchronous, which loadConfigSync cannot wait for; use loadConfig" };
    } catch (error) {
      return failure(error);
    }
  }

  async #fetch(text: string): Promise<Resolution> {
    const { scheme, name } = partsOf(text);
    const { references = {}, referenceTimeout = TIMEOUT, clock = systemClock } = this.#options;
    let cancel = (): void => undefined;
    const late = new Promise<Resolution>((settle) => {
      const give = (): void => settle({ fault: `its resolver did not answer within ${String(referenceTimeout)}` });
      cancel = startTimer(clock, toMilliseconds(referenceTimeout, "referenceTimeout"), give, { keepAlive: true });
    });
    try {
      return await Promise.race([late, Promise.resolve(references[scheme]?.(name)).then(asSecret)]);
    } catch (error) {
      return failure(error);
    } finally {
      cancel();
    }
  }
}

function partsOf(text: string): { scheme: string; name: string } {
  const [, scheme = "", name = ""] = REFERENCE.exec(text) ?? [];
  return { scheme, name };
}

// The text of a foreign error may hold the value; its code or name does not.
function failure(error: unknown): Resolution {
  const kind = isSeaworthyError(error) ? error.code : error instanceof Error ? error.name : typeof error;
  return { fault: `its resolver failed with ${kind}` };
}

function asSecret(value: unknown): Resolution {
  const text = isSecret(value) ? value.reveal() : value;
  if (typeof text !== "string") return { fault: "its resolver gave no text" };
  return text === "" ? { fault: "its resolver gave empty text" } : { value: secret(value as string | Secret<string>) };
}
