import { type Duration, type Secret, secret, toMilliseconds } from "@seaworthy/core";
import { boundedString, checkOptions, integer, oneOf, positiveDuration, showValue } from "@seaworthy/core/options";
import type { PostgresOptions } from "../postgres.ts";

/** The options of a database, checked, with defaults; times in milliseconds. */
export interface Settings {
  readonly url: string;
  /** Kept as long as the database, so that no log line and no error shows it. */
  readonly password: Secret<string> | undefined;
  readonly name: string;
  readonly base: number;
  readonly overflow: number;
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly maxLifetime: number;
  readonly statementTimeout: number;
  readonly lockTimeout: number;
  readonly idleInTransactionTimeout: number;
  readonly pooler: "none" | "transaction";
  readonly instances: number;
  readonly tls: PostgresOptions["tls"];
}

const OPTIONS = [
  "url",
  "name",
  "base",
  "overflow",
  "connectTimeout",
  "idleTimeout",
  "maxLifetime",
  "statementTimeout",
  "lockTimeout",
  "idleInTransactionTimeout",
  "pooler",
  "instances",
  "tls",
];
// PostgreSQL keeps its limits in signed 32-bit milliseconds.
const LONGEST = 2_147_483_647;

export function settingsOf(options: PostgresOptions): Settings {
  checkOptions("connectPostgres", options, OPTIONS);
  const { name = "default", base = 20, overflow = 40, pooler = "none", instances = 1, tls } = options;
  boundedString("name", name, 1, 63);
  if (integer("base", base, 0, 10_000) + integer("overflow", overflow, 0, 10_000) === 0)
    throw new TypeError("base and overflow must not both be 0; got 0 and 0");
  if (tls !== undefined && typeof tls !== "boolean") checkOptions("tls", tls, ["ca", "cert", "key", "servername"]);
  const url = checkUrl(options.url);
  if (tls !== undefined) checkTls(url);
  return {
    url,
    password: passwordOf(url),
    name,
    base,
    overflow,
    connectTimeout: positiveLimit("connectTimeout", options.connectTimeout, "5s"),
    idleTimeout: positiveLimit("idleTimeout", options.idleTimeout, "30s"),
    maxLifetime: positiveLimit("maxLifetime", options.maxLifetime, "30m"),
    statementTimeout: limit("statementTimeout", options.statementTimeout, "30s"),
    lockTimeout: limit("lockTimeout", options.lockTimeout, "10s"),
    idleInTransactionTimeout: limit("idleInTransactionTimeout", options.idleInTransactionTimeout, "60s"),
    pooler: oneOf("pooler", pooler, ["none", "transaction"]),
    instances: integer("instances", instances, 1, 100_000),
    tls,
  };
}

/** Milliseconds of a limit that PostgreSQL can hold; 0 sets no limit. */
export function limit(name: string, value: Duration | undefined, otherwise: Duration): number {
  const milliseconds = Math.ceil(toMilliseconds(value === undefined ? otherwise : value, name));
  if (milliseconds > LONGEST) throw new TypeError(`${name} must be at most ${LONGEST} ms; got ${showValue(value)}`);
  return milliseconds;
}

/** As {@link limit}, but more than 0. */
export function positiveLimit(name: string, value: Duration | undefined, otherwise: Duration): number {
  positiveDuration(name, value === undefined ? otherwise : value);
  return limit(name, value, otherwise);
}

function checkUrl(url: unknown): string {
  // A URL that cannot be parsed may hold a password as well, so that the message does not show it.
  if (typeof url !== "string" || !/^(postgres(ql)?|pglite):\/\//.test(url))
    throw new TypeError("url must be a string that begins with postgres://, postgresql:// or pglite://");
  const absolute = withHost(url);
  if (!url.startsWith("pglite:") && !URL.canParse(absolute))
    throw new TypeError("url must be an absolute URL such as postgres://user@host:5432/name");
  return absolute;
}

/**
 * libpq allows a user without a host, as in `postgres://user@/name?host=/var/run/postgresql`, but a URL does not. The
 * parameter `host` comes before the host in its place.
 */
export const withHost = (url: string): string =>
  url.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?]|$)/, "$1localhost");

/** pg prefers what the URL says, so that `sslmode=disable` would silently switch off what `tls` demands. */
function checkTls(url: string): void {
  if (url.startsWith("pglite:")) return;
  const name = [...new URL(url).searchParams.keys()].find((key) => key.startsWith("ssl"));
  if (name !== undefined) throw new TypeError(`tls must be left out if the url has ${name}; give one of them`);
}

function passwordOf(url: string): Secret<string> | undefined {
  const encoded = url.startsWith("pglite:") ? "" : new URL(url).password;
  if (encoded === "") return undefined;
  try {
    return secret(decodeURIComponent(encoded));
  } catch {
    return secret(encoded);
  }
}
