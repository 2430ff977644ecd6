import { isSeaworthyError, isSecret, type Secret, secret, toMilliseconds } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { waitAtMost } from "@seaworthy/core/waiting";
import type { LoadConfigOptions } from "./load-options.ts";

/** The value of a reference, or why it is not available. */
export type Resolution = { value: Secret<string> } | { fault: string };

const REFERENCE = /^([a-z][a-z0-9+.-]*):\/\/(.+)$/s;
const LONGEST_NAME = 1024;
const TIMEOUT = "10s";
const PENDING: Resolution = { fault: "it has not been fetched yet" };

/**
 * Resolves the references of one load, each name once. A first walk over the values finds the references, then all of them
 * are fetched at the same time, and a second walk uses them.
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

  /** Whether a string is a reference: its scheme has a resolver, or is `vault`, which must have one. */
  isReference(text: string): boolean {
    const scheme = REFERENCE.exec(text)?.[1];
    return scheme !== undefined && (scheme === "vault" || Object.hasOwn(this.#options.references ?? {}, scheme));
  }

  resolve(text: string): Resolution {
    const known = this.#known.get(text) ?? this.#refusal(text) ?? (this.#synchronous ? this.#call(text) : PENDING);
    this.#known.set(text, known);
    return known;
  }

  /** Fetches all references that `resolve` was called with. */
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
      if (typeof readMember(value, "then") !== "function") return asSecret(value);
      Promise.resolve(value).catch(() => undefined);
      return { fault: "its resolver is asynchronous, which loadConfigSync cannot wait for; use loadConfig" };
    } catch (error) {
      return failure(error);
    }
  }

  async #fetch(text: string): Promise<Resolution> {
    const { scheme, name } = partsOf(text);
    const { references = {}, referenceTimeout = TIMEOUT, clock } = this.#options;
    const limit = toMilliseconds(referenceTimeout, "referenceTimeout");
    const onLimit = (): Resolution => ({ fault: `its resolver did not answer within ${String(referenceTimeout)}` });
    try {
      const value = Promise.resolve(references[scheme]?.(name)).then(asSecret);
      return await waitAtMost(value, { limit, onLimit, clock, keepAlive: true });
    } catch (error) {
      return failure(error);
    }
  }
}

function partsOf(text: string): { scheme: string; name: string } {
  const [, scheme = "", name = ""] = REFERENCE.exec(text) ?? [];
  return { scheme, name };
}

// The message of a foreign error may contain the value. Its code or name does not.
function failure(error: unknown): Resolution {
  const kind = isSeaworthyError(error) ? error.code : error instanceof Error ? error.name : typeof error;
  return { fault: `its resolver failed with ${kind}` };
}

function asSecret(value: unknown): Resolution {
  const text: unknown = isSecret(value) ? value.reveal() : value;
  if (typeof text !== "string") return { fault: "its resolver did not return a string" };
  return text === "" ? { fault: "its resolver returned an empty string" } : { value: secret(text) };
}
