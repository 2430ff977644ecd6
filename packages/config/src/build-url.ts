import { isSecret, type Secret } from "@seaworthy/core";
import { checkOptions, flag, integer, showValue } from "@seaworthy/core/options";
import { isHost } from "./internal/host.ts";

/** Parts of a connection URL. */
export interface ConnectionParts {
  /** A name, an IPv4 address, or an IPv6 address with or without brackets. @default "localhost" */
  host?: string;
  /** 1 to 65535. @default the default port of the protocol, which the URL then leaves out */
  port?: number;
  user?: string;
  /** Requires a user, except for Redis. */
  password?: string | Secret<string>;
  /** Query parameters. @default none */
  parameters?: Readonly<Record<string, string | number | boolean>>;
}

/** Parts of a PostgreSQL connection URL. */
export interface PostgresUrlParts extends ConnectionParts {
  /** A name, an address, or a directory that begins with `/`, for a Unix socket. @default "localhost" */
  host?: string;
  database?: string;
}

/** Parts of a Redis connection URL. */
export interface RedisUrlParts extends ConnectionParts {
  /** The number of the database, at least 0. */
  database?: number;
  /** Whether to use TLS; the URL then begins with `rediss://`. @default false */
  tls?: boolean;
}

/** Parts of an AMQP connection URL. */
export interface AmqpUrlParts extends ConnectionParts {
  /** The virtual host, such as `/`. @default the default of the server */
  vhost?: string;
  /** Whether to use TLS; the URL then begins with `amqps://`. @default false */
  tls?: boolean;
}

const COMMON = ["host", "port", "user", "password", "parameters"];

/**
 * Returns a `postgres://` URL in which every reserved character is escaped, so that each part is read back unchanged. (The
 * driver `pg` does not decode `%2F` and other escaped characters in the name of a database: pass such a name separately.)
 *
 * @throws TypeError if a part is unknown or malformed; the message never contains the password
 * @example
 * ```ts
 * import { buildPostgresUrl } from "@seaworthy/config";
 * console.log(buildPostgresUrl({ host: "::1", user: "app", password: "p@ss/word", database: "orders" }));
 * // postgres://app:p%40ss%2Fword@[::1]/orders
 * ```
 */
export function buildPostgresUrl(parts: PostgresUrlParts): string {
  checkOptions("buildPostgresUrl", parts, [...COMMON, "database"]);
  const { database } = parts;
  const path = database === undefined ? "" : `/${segment("database", database)}`;
  return build({ protocol: "postgres", owner: "buildPostgresUrl", path, socket: true }, parts);
}

/**
 * Returns a `redis://` or `rediss://` URL in which every reserved character is escaped.
 *
 * @throws TypeError if a part is unknown or malformed; the message never contains the password
 * @example
 * ```ts
 * import { buildRedisUrl } from "@seaworthy/config";
 * console.log(buildRedisUrl({ host: "cache", password: "a:b", database: 2, tls: true })); // rediss://:a%3Ab@cache/2
 * ```
 */
export function buildRedisUrl(parts: RedisUrlParts): string {
  checkOptions("buildRedisUrl", parts, [...COMMON, "database", "tls"]);
  if (parts.database !== undefined) integer("buildRedisUrl: database", parts.database, 0, Number.MAX_SAFE_INTEGER);
  if (parts.tls !== undefined) flag("buildRedisUrl: tls", parts.tls);
  const path = parts.database === undefined ? "" : `/${parts.database}`;
  return build(
    { protocol: parts.tls === true ? "rediss" : "redis", owner: "buildRedisUrl", path, userless: true },
    parts,
  );
}

/**
 * Returns an `amqp://` or `amqps://` URL in which every reserved character is escaped; the virtual host `/` becomes `%2F`.
 *
 * @throws TypeError if a part is unknown or malformed; the message never contains the password
 * @example
 * ```ts
 * import { buildAmqpUrl } from "@seaworthy/config";
 * console.log(buildAmqpUrl({ host: "queue", user: "app", password: "x", vhost: "/" })); // amqp://app:x@queue/%2F
 * ```
 */
export function buildAmqpUrl(parts: AmqpUrlParts): string {
  checkOptions("buildAmqpUrl", parts, [...COMMON, "vhost", "tls"]);
  if (parts.tls !== undefined) flag("buildAmqpUrl: tls", parts.tls);
  const path = parts.vhost === undefined ? "" : `/${segment("vhost", parts.vhost)}`;
  return build({ protocol: parts.tls === true ? "amqps" : "amqp", owner: "buildAmqpUrl", path }, parts);
}

interface Kind {
  readonly protocol: string;
  readonly owner: string;
  readonly path: string;
  /** Whether a password may stand without a user. */
  readonly userless?: boolean;
  /** Whether the host may be the directory of a Unix socket. */
  readonly socket?: boolean;
}

function build({ protocol, owner, path, userless = false, socket = false }: Kind, parts: ConnectionParts): string {
  const { host = "localhost", port, user, password } = parts;
  if (port !== undefined) integer(`${owner}: port`, port, 1, 65_535);
  if (password !== undefined && user === undefined && !userless)
    throw new TypeError(`${owner}: a password requires a user`);
  const name = user === undefined ? "" : escaped("user", user);
  const secret =
    password === undefined ? "" : `:${escaped("password", isSecret(password) ? password.reveal() : password)}`;
  const at = user === undefined && password === undefined ? "" : "@";
  const tail = port === undefined ? "" : `:${port}`;
  return `${protocol}://${name}${secret}${at}${hostText(owner, host, socket)}${tail}${path}${query(owner, parts.parameters)}`;
}

function hostText(owner: string, host: unknown, socket: boolean): string {
  const bare = typeof host === "string" ? host.replace(/^\[(.*:.*)\]$/, "$1") : host;
  if (isHost(bare)) return bare.includes(":") ? `[${bare}]` : bare;
  // libpq and pg read a host that begins with a slash as the directory of a Unix socket.
  if (typeof bare === "string" && socket && bare.startsWith("/")) return escaped("host", bare);
  throw new TypeError(`${owner}: host must be a name, an IPv4 or an IPv6 address; got ${showValue(host)}`);
}

function query(owner: string, parameters: ConnectionParts["parameters"]): string {
  if (parameters === undefined) return "";
  if (typeof parameters !== "object" || parameters === null || Array.isArray(parameters))
    throw new TypeError(`${owner}: parameters must be an object; got ${showValue(parameters)}`);
  const pairs = Object.entries(parameters).map(([name, value]) => {
    if (!["string", "number", "boolean"].includes(typeof value))
      throw new TypeError(`${owner}: parameters.${name} must be a string, a number or a boolean; got ${typeof value}`);
    return `${escaped("parameters", name)}=${escaped(`parameters.${name}`, String(value))}`;
  });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

// URL parsers read these two, escaped or not, as steps in a path and not as names.
function segment(part: string, value: unknown): string {
  if (value === "." || value === "..")
    throw new TypeError(`${part} of a connection URL must not be ${showValue(value)}`);
  return escaped(part, value);
}

/** Percent-encodes everything except the unreserved characters of RFC 3986. */
function escaped(part: string, value: unknown): string {
  if (typeof value !== "string" || !value.isWellFormed())
    throw new TypeError(`${part} of a connection URL must be a well-formed string; got ${typeof value}`);
  return encodeURIComponent(value).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
