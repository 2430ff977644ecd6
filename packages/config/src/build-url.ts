import { isSecret, type Secret } from "@seaworthy/core";
import { checkOptions, flag, integer, showValue } from "@seaworthy/core/options";
import { isHost } from "./fields/endpoint.ts";

/** Parts of a connection URL. */
export interface ConnectionParts {
  /** A name, an IPv4 address, or an IPv6 address with or without brackets. @default "localhost" */
  host?: string;
  /** 1 to 65535. @default the protocol's own, which is then left out */
  port?: number;
  user?: string;
  /** Needs a user, except for Redis. */
  password?: string | Secret<string>;
  /** Query parameters. @default none */
  parameters?: Readonly<Record<string, string | number | boolean>>;
}

/** Parts of a PostgreSQL connection URL. */
export interface PostgresUrlParts extends ConnectionParts {
  /** Also a directory that begins with `/`, for a Unix socket. @default "localhost" */
  host?: string;
  database?: string;
}

/** Parts of a Redis connection URL. */
export interface RedisUrlParts extends ConnectionParts {
  /** Number of the database, 0 or more. */
  database?: number;
  /** Whether to use TLS, which makes it `rediss://`. @default false */
  tls?: boolean;
}

/** Parts of an AMQP connection URL. */
export interface AmqpUrlParts extends ConnectionParts {
  /** The virtual host, `/` among them. @default the server's own */
  vhost?: string;
  /** Whether to use TLS, which makes it `amqps://`. @default false */
  tls?: boolean;
}

const COMMON = ["host", "port", "user", "password", "parameters"];

/**
 * A `postgres://` URL in which every reserved character is escaped, so that each part is read back as it was. (The
 * driver `pg` leaves `%2F` and other escaped signs in the name of a database as they are: give it such a name apart.)
 *
 * @throws TypeError if a part is unknown or malformed; the message never holds the password
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
  return build("postgres", "buildPostgresUrl", parts, path);
}

/**
 * A `redis://` or `rediss://` URL in which every reserved character is escaped.
 *
 * @throws TypeError if a part is unknown or malformed; the message never holds the password
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
  return build(parts.tls === true ? "rediss" : "redis", "buildRedisUrl", parts, path, true);
}

/**
 * An `amqp://` or `amqps://` URL in which every reserved character is escaped; the virtual host `/` becomes `%2F`.
 *
 * @throws TypeError if a part is unknown or malformed; the message never holds the password
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
  return build(parts.tls === true ? "amqps" : "amqp", "buildAmqpUrl", parts, path);
}

function build(protocol: string, of: string, parts: ConnectionParts, path: string, userless = false): string {
  const { host = "localhost", port, user, password } = parts;
  if (port !== undefined) integer(`${of}: port`, port, 1, 65_535);
  if (password !== undefined && user === undefined && !userless) throw new TypeError(`${of}: a password needs a user`);
  const name = user === undefined ? "" : escaped("user", user);
  const secret =
    password === undefined ? "" : `:${escaped("password", isSecret(password) ? password.reveal() : password)}`;
  const at = user === undefined && password === undefined ? "" : "@";
  const tail = port === undefined ? "" : `:${port}`;
  return `${protocol}://${name}${secret}${at}${hostText(of, host)}${tail}${path}${query(of, parts.parameters)}`;
}

function hostText(of: string, host: unknown): string {
  const bare = typeof host === "string" ? host.replace(/^\[(.*:.*)\]$/, "$1") : host;
  if (isHost(bare)) return bare.includes(":") ? `[${bare}]` : bare;
  // libpq and pg read a host that begins with a slash as the directory of a Unix socket.
  if (typeof bare === "string" && of === "buildPostgresUrl" && bare.startsWith("/")) return escaped("host", bare);
  throw new TypeError(`${of}: host must be a name, an IPv4 or an IPv6 address; got ${showValue(host)}`);
}

function query(of: string, parameters: ConnectionParts["parameters"]): string {
  if (parameters === undefined) return "";
  if (typeof parameters !== "object" || parameters === null || Array.isArray(parameters))
    throw new TypeError(`${of}: parameters must be an object; got ${showValue(parameters)}`);
  const pairs = Object.entries(parameters).map(([name, value]) => {
    if (!["string", "number", "boolean"].includes(typeof value))
      throw new TypeError(`${of}: parameters.${name} must be a string, a number or a boolean; got ${typeof value}`);
    return `${escaped("parameters", name)}=${escaped(`parameters.${name}`, String(value))}`;
  });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

// Readers of URLs take these two, escaped or not, as steps in a path, and so as no name at all.
function segment(part: string, value: unknown): string {
  if (value === "." || value === "..")
    throw new TypeError(`${part} of a connection URL must not be ${showValue(value)}`);
  return escaped(part, value);
}

/** Everything but the unreserved characters of RFC 3986 as percent-encoded UTF-8. */
function escaped(part: string, value: unknown): string {
  if (typeof value !== "string" || !value.isWellFormed())
    throw new TypeError(`${part} of a connection URL must be a well-formed string; got ${typeof value}`);
  return encodeURIComponent(value).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
