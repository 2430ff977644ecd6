import { checkOptions, requiredFunction, showValue, withDefault } from "@seaworthy/core/options";
import type { BreachLookup } from "./passwords.ts";

/** Options of {@link pwnedPasswords}. */
export interface PwnedPasswordsOptions {
  /** Where ranges are. @default "https://api.pwnedpasswords.com/range/" */
  readonly url?: string;
  /** @default the global fetch */
  readonly fetch?: typeof fetch;
}

/**
 * Looks passwords up in the range API of Have I Been Pwned, or a mirror of it. Only 5 of the 40 hex digits of a SHA-1 leave the
 * process, and the answer is padded.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { createPasswords, pwnedPasswords } from "@seaworthy/auth";
 * const mirror = async () => new Response("AD6438836DBE526AA231ABDE2D0EEF74D42:5"); // in place of the real service
 * const passwords = createPasswords({ breaches: pwnedPasswords({ fetch: mirror }) });
 * await passwords.check("correct horse battery staple").catch((error) => console.log(error.context.issues));
 * ```
 */
export function pwnedPasswords(options: PwnedPasswordsOptions = {}): BreachLookup {
  checkOptions("pwnedPasswords", options, ["url", "fetch"]);
  const { url = "https://api.pwnedpasswords.com/range/" } = options;
  if (typeof url !== "string" || !URL.canParse(url)) throw new TypeError(`url must be a URL; got ${showValue(url)}`);
  if (options.fetch !== undefined) requiredFunction("fetch", options.fetch);
  return async (prefix, { signal }) => {
    const call = withDefault(options.fetch, globalThis.fetch);
    const response = await call(new URL(prefix, url), { headers: { "Add-Padding": "true" }, signal });
    if (!response.ok) throw new Error(`The lookup of breached passwords was answered with ${response.status}`);
    return response.text();
  };
}
