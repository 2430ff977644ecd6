import { randomBytes } from "node:crypto";
import { type Duration, toMilliseconds } from "@seaworthy/core";
import { checkOptions, flag, integer, oneOf, showValue } from "@seaworthy/core/options";

/** Attributes of a cookie. */
export interface CookieOptions {
  /**
   * The name's prefix, by which browsers refuse a cookie that is not `Secure`, and with `"__Host-"` one that another host
   * of the domain has set. @default "__Host-"
   */
  prefix?: "__Host-" | "__Secure-" | "";
  /** How long the browser keeps it, 1 second to 400 days. @default until the browser is closed */
  maxAge?: Duration;
  /** Whether scripts cannot read it. @default true */
  httpOnly?: boolean;
  /** Whether it is sent over HTTPS only. Browsers treat `http://localhost` as secure, except Safari. @default true */
  secure?: boolean;
  /** When it goes along with requests that other sites cause. `"None"` needs `secure`. @default "Lax" */
  sameSite?: "Strict" | "Lax" | "None";
  /** @default "/" */
  path?: string;
  /** The domain whose hosts all get it. Not with the prefix `"__Host-"`. @default the host alone */
  domain?: string;
  /** Whether it is kept apart per embedding site. @default false */
  partitioned?: boolean;
}

/** A cookie of a service: one name and one set of attributes. */
export interface Cookie {
  /** With its prefix. */
  readonly name: string;
  /** Its value in a `Cookie` header, or `undefined`. */
  read(header: string | undefined): string | undefined;
  /**
   * A `Set-Cookie` header that sets it.
   *
   * @throws TypeError if the value has a character that cookies cannot carry, or if the cookie would be longer than 4096 bytes
   */
  set(value: string): string;
  /** A new value of 256 random bits and the `Set-Cookie` header that replaces the old one, for after a login. */
  rotate(): { readonly value: string; readonly header: string };
  /** A `Set-Cookie` header that removes it. */
  clear(): string;
}

const OPTIONS = ["prefix", "maxAge", "httpOnly", "secure", "sameSite", "path", "domain", "partitioned"];
/** RFC 6265, section 4.1.1: a name is a token, and a value has neither spaces, quotes, commas, semicolons nor backslashes. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const ATTRIBUTE = /^[\x20-\x3a\x3c-\x7e]+$/;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i;
const LONGEST_AGE = 400 * 86_400;
const LONGEST_COOKIE = 4096;
const MOST_COOKIES = 300;

/**
 * Describes a cookie with safe defaults: `__Host-` in front of its name, `HttpOnly`, `Secure`, `SameSite=Lax`, `Path=/`.
 *
 * @throws TypeError if the name is not a token, or the attributes contradict each other
 * @example
 * ```ts
 * import { createCookie } from "@seaworthy/http";
 * const session = createCookie("session");
 * console.log(session.set("abc")); // __Host-session=abc; Path=/; Secure; HttpOnly; SameSite=Lax
 * console.log(session.read("theme=dark; __Host-session=abc")); // abc
 * ```
 */
export function createCookie(name: string, options: CookieOptions = {}): Cookie {
  checkOptions("cookie", options, OPTIONS);
  const full = nameOf(name, options);
  const attributes = attributesOf(options);
  const seconds = options.maxAge === undefined ? undefined : toMilliseconds(options.maxAge, "cookie.maxAge") / 1000;
  if (seconds !== undefined) integer("cookie.maxAge in seconds", Math.floor(seconds), 1, LONGEST_AGE);
  const age = seconds === undefined ? "" : `; Max-Age=${Math.floor(seconds)}`;
  const set = (value: string): string => {
    checkValue(full, value);
    const header = `${full}=${value}${age}${attributes}`;
    if (header.length > LONGEST_COOKIE)
      throw new TypeError(
        `cookie ${full}: browsers drop a cookie of more than ${LONGEST_COOKIE} bytes; got ${header.length}`,
      );
    return header;
  };
  return Object.freeze({
    name: full,
    read: (header: string | undefined) => parseCookies(header).get(full),
    set,
    rotate() {
      const value = randomBytes(32).toString("base64url");
      return { value, header: set(value) };
    },
    clear: () => `${full}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${attributes}`,
  });
}

/**
 * Reads a `Cookie` header: values by name, without quotes around them. Of several cookies of one name the first one is
 * returned, which has the longest path. Pairs that are malformed are left out, and so are those after the first 300.
 */
export function parseCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  if (header === undefined) return cookies;
  for (const pair of header.split(";", MOST_COOKIES)) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    if (at < 0 || !NAME.test(name) || cookies.has(name)) continue;
    const text = pair.slice(at + 1).trim();
    const value = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
    if (VALUE.test(value)) cookies.set(name, value);
  }
  return cookies;
}

function nameOf(name: unknown, { prefix = "__Host-", secure = true, path = "/", domain }: CookieOptions): string {
  if (typeof name !== "string" || !NAME.test(name) || /^__(?:host|secure)-/i.test(name))
    throw new TypeError(`cookie: the name must be a token without a prefix; got ${showValue(name)}`);
  oneOf("cookie.prefix", prefix, ["__Host-", "__Secure-", ""]);
  if (prefix !== "" && !secure) throw new TypeError(`cookie.secure must be true with the prefix ${prefix}; got false`);
  if (prefix === "__Host-" && (path !== "/" || domain !== undefined))
    throw new TypeError(
      `cookie: the prefix __Host- needs the path "/" and no domain; got ${showValue(path)} and ${showValue(domain)}`,
    );
  return `${prefix}${name}`;
}

function attributesOf(options: CookieOptions): string {
  const { httpOnly = true, secure = true, sameSite = "Lax", path = "/", domain, partitioned = false } = options;
  flag("cookie.httpOnly", httpOnly);
  flag("cookie.secure", secure);
  flag("cookie.partitioned", partitioned);
  oneOf("cookie.sameSite", sameSite, ["Strict", "Lax", "None"]);
  if (!secure && (sameSite === "None" || partitioned))
    throw new TypeError(`cookie.secure must be true with ${partitioned ? "partitioned" : "sameSite None"}; got false`);
  if (typeof path !== "string" || !path.startsWith("/") || !ATTRIBUTE.test(path))
    throw new TypeError(`cookie.path must be a path without semicolons; got ${showValue(path)}`);
  if (domain !== undefined && (typeof domain !== "string" || !DOMAIN.test(domain)))
    throw new TypeError(`cookie.domain must be a domain such as "example.com"; got ${showValue(domain)}`);
  const marks = [secure && "Secure", httpOnly && "HttpOnly", `SameSite=${sameSite}`, partitioned && "Partitioned"];
  const places = [`Path=${path}`, domain !== undefined && `Domain=${domain}`];
  return [...places, ...marks].map((mark) => (mark === false ? "" : `; ${mark}`)).join("");
}

/** The value is a credential more often than not, so the error does not show it. */
function checkValue(name: string, value: unknown): void {
  if (typeof value === "string" && VALUE.test(value)) return;
  const why = typeof value === "string" ? "one with a character that cookies cannot carry" : typeof value;
  throw new TypeError(`cookie ${name}: the value must be a string of visible ASCII without "\\,; ; got ${why}`);
}
