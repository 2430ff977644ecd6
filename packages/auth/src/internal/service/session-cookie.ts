import { checkOptions, oneOf, showValue, withDefault } from "@seaworthy/core/options";
import type { SessionCookieOptions } from "../../auth-options.ts";

const NAME = /^[0-9A-Za-z_-]{1,64}$/;
const VALUE = /^[0-9A-Za-z_-]{43}$/;
const MOST_COOKIES = 300;

/** The cookie that carries the secret of a session: `__Host-`, `Secure`, `HttpOnly`. */
export class SessionCookie {
  readonly #name: string;
  readonly #attributes: string;

  constructor(options: SessionCookieOptions = {}) {
    checkOptions("cookie", options, ["name", "sameSite"]);
    const name = withDefault(options.name, "session");
    if (typeof name !== "string" || !NAME.test(name))
      throw new TypeError(`cookie.name must be 1 to 64 letters, digits, "_" or "-"; got ${showValue(name)}`);
    const sameSite = oneOf("cookie.sameSite", withDefault(options.sameSite, "Lax"), ["Strict", "Lax"]);
    this.#name = `__Host-${name}`;
    this.#attributes = `; Path=/; Secure; HttpOnly; SameSite=${sameSite}`;
  }

  /** The secret in a `Cookie` header. Of several cookies of the name the first one counts. */
  read(header: string | undefined): string | undefined {
    for (const pair of header?.split(";", MOST_COOKIES) ?? []) {
      const at = pair.indexOf("=");
      if (at < 0 || pair.slice(0, at).trim() !== this.#name) continue;
      const value = pair.slice(at + 1).trim();
      return VALUE.test(value) ? value : undefined;
    }
    return undefined;
  }

  /** A `Set-Cookie` header, which the browser keeps for as long as the session may last. */
  set(value: string, milliseconds: number): string {
    return `${this.#name}=${value}; Max-Age=${Math.max(1, Math.floor(milliseconds / 1000))}${this.#attributes}`;
  }

  clear(): string {
    return `${this.#name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${this.#attributes}`;
  }
}
