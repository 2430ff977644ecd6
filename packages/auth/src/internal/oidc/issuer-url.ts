import { showValue } from "@seaworthy/core/options";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether what is sent there cannot be read or changed on the way: HTTPS, or HTTP within this machine. */
export function isProtected(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname));
}

/**
 * Returns a URL that is protected and has neither a user, a query nor a fragment.
 *
 * @throws TypeError that names the option and the value
 */
export function protectedUrl(name: string, value: unknown): URL {
  const url = typeof value === "string" && value.length <= 2048 && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !isProtected(url) || url.username !== "" || url.password !== "" || /[?#]/.test(url.href))
    throw new TypeError(
      `${name} must be a URL with https:, or http: on this machine, without a query; got ${showValue(value)}`,
    );
  return url;
}
