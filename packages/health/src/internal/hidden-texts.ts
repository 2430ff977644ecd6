/** A kind of text that is hidden wherever it stands in the data of a check. */
export interface HiddenText {
  readonly kind: string;
  readonly pattern: RegExp;
  /** Texts that the pattern matches as a whole. */
  readonly hides: readonly string[];
  /** Texts that look similar, and that the pattern does not match anywhere. */
  readonly keeps: readonly string[];
}

/**
 * What is hidden, in the order in which it is looked for: a URL is hidden before the name of the host in it. The examples
 * are tested. It is better to hide too much than too little, so `config.json` is hidden like the name of a host.
 */
export const HIDDEN_TEXTS: readonly HiddenText[] = [
  {
    kind: "a URL",
    pattern: /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'<>]*/gi,
    hides: ["postgres://admin:pw@db/x", "https://example.org/a?b=c", "redis://[::1]:6379"],
    keeps: ["3 of 4", "state: ready", "a//b"],
  },
  {
    kind: "a user at a host",
    pattern: /[^\s"'<>@/]{1,256}@[^\s"'<>@/]{1,256}/g,
    hides: ["jane@example.org", "root@db7"],
    keeps: ["at 3 of 4", "@ 12 %"],
  },
  {
    kind: "an IPv4 address, with or without a port",
    pattern: /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g,
    hides: ["10.0.0.7", "10.0.0.7:5432"],
    keeps: ["7.0.15", "12.5 %", "v1.2.3"],
  },
  {
    kind: "an IPv6 address, with or without brackets, zone and port",
    // At least two colons among hexadecimal digits.
    pattern: /\[?(?<![\w:.])(?=[0-9a-f:.]*:[0-9a-f:.]*:)[0-9a-f:.]{2,45}(?:%\w{1,16})?(?![\w:])\]?(?::\d{1,5})?/gi,
    hides: ["::1", "2001:db8::7", "[2001:db8::7]:5432", "fe80::1%eth0"],
    keeps: ["12:30", "lag: 3", "a:b"],
  },
  {
    kind: "a name with dots, such as the name of a host, with or without a port",
    pattern: /(?<![\w.-])(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.){1,12}[a-z][a-z0-9-]{1,62}\.?(?::\d{1,5})?(?![\w-])/gi,
    hides: ["db-7.eu.internal", "db-7.eu.internal.", "cache.local:6379", "config.json"],
    keeps: ["7.0.15", "3.5", "v1.2.3", "ready. 3 left"],
  },
  {
    kind: "a name with a port",
    pattern: /(?<![\w.-])[a-z][a-z0-9_-]{0,62}:\d{2,5}(?![\w-])/gi,
    hides: ["db:5432", "redis-1:6379"],
    keeps: ["lag: 3", "ready:1", "mode:primary"],
  },
  {
    kind: "the loopback name",
    pattern: /\blocalhost\b/gi,
    hides: ["localhost", "LOCALHOST"],
    keeps: ["local", "localhosts"],
  },
];
