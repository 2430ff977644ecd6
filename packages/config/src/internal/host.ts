/** Returns whether a value is a host name, an IPv4 address, or an IPv6 address without brackets and zone. */
export function isHost(host: unknown): host is string {
  if (typeof host !== "string" || host === "" || host.length > 253) return false;
  if (host.includes(":")) return isIPv6(host);
  if (/^[A-Za-z0-9_.-]+$/.test(host)) return true;
  // An international name: what the URL parser accepts as a host, without characters that have a meaning in a URL.
  return /^[^\s\p{Cc}!-,/:-@[-`{-~]+$/u.test(host) && URL.canParse(`http://${host}/`);
}

// The check of the URL parser, because loading node:net takes start-up time.
export function isIPv6(host: string): boolean {
  return /^[0-9a-f:.]+$/i.test(host) && URL.canParse(`http://[${host}]/`);
}
