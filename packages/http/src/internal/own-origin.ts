/**
 * Whether an origin is that of the service itself, as its `Host` names it. The scheme is not compared: behind a proxy that
 * ends TLS, the service does not know its own.
 */
export function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}
