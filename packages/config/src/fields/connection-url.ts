import { readInteger } from "../internal/coerce.ts";
import { isHost } from "../internal/host.ts";
import { parseUrl } from "../internal/parse-url.ts";
import { createField, type FieldSchema, refuse } from "../internal/zod.ts";

interface Kind {
  readonly kind: string;
  readonly expected: string;
  readonly protocols: readonly string[];
  /** Whether it may have several hosts, separated by commas. */
  readonly several?: boolean;
  /** Whether it must have a host. */
  readonly needsHost?: boolean;
  /** Whether it may have a user without a host. */
  readonly userAlone?: boolean;
}

/**
 * A PostgreSQL connection URL (`postgres://` or `postgresql://`, and `pglite://` for the embedded engine). The output is
 * the same string. The URL may have several hosts, or a socket in its query instead (`?host=/cloudsql/…`). Its password
 * stays in the value, but this package does not show it.
 *
 * @example
 * ```ts
 * import { postgresUrl } from "@seaworthy/config";
 * console.log(postgresUrl().parse("postgres://localhost/orders")); // postgres://localhost/orders
 * ```
 */
export function postgresUrl(): FieldSchema<string, string> {
  return connectionUrl({
    kind: "postgresUrl",
    expected: "a PostgreSQL URL such as postgres://user:password@host:5432/database",
    protocols: ["postgres", "postgresql", "pglite"],
    several: true,
    userAlone: true,
  });
}

/**
 * A MySQL or MariaDB connection URL (`mysql://` or `mariadb://`). The output is the same string. Its password stays in the
 * value, but this package does not show it.
 *
 * @example
 * ```ts
 * import { mysqlUrl } from "@seaworthy/config";
 * console.log(mysqlUrl().parse("mysql://localhost/orders")); // mysql://localhost/orders
 * ```
 */
export function mysqlUrl(): FieldSchema<string, string> {
  const expected = "a MySQL URL such as mysql://user:password@host:3306/database";
  return connectionUrl({ kind: "mysqlUrl", expected, protocols: ["mysql", "mariadb"], several: true, needsHost: true });
}

/**
 * A MongoDB connection URL (`mongodb://`, also with the hosts of a replica set, or `mongodb+srv://`). The output is the
 * same string. Its password stays in the value, but this package does not show it.
 *
 * @example
 * ```ts
 * import { mongoUrl } from "@seaworthy/config";
 * console.log(mongoUrl().parse("mongodb://a:27017,b:27017/orders?replicaSet=rs0"));
 * // mongodb://a:27017,b:27017/orders?replicaSet=rs0
 * ```
 */
export function mongoUrl(): FieldSchema<string, string> {
  const expected = "a MongoDB URL such as mongodb://user:password@host:27017/database";
  return connectionUrl({
    kind: "mongoUrl",
    expected,
    protocols: ["mongodb", "mongodb+srv"],
    several: true,
    needsHost: true,
  });
}

/**
 * A Redis connection URL (`redis://`, or `rediss://` with TLS). The output is the same string. Its password stays in the
 * value, but this package does not show it.
 *
 * @example
 * ```ts
 * import { redisUrl } from "@seaworthy/config";
 * console.log(redisUrl().parse("redis://localhost:6379/0")); // redis://localhost:6379/0
 * ```
 */
export function redisUrl(): FieldSchema<string, string> {
  const expected = "a Redis URL such as redis://user:password@host:6379/0";
  return connectionUrl({ kind: "redisUrl", expected, protocols: ["redis", "rediss"] });
}

/**
 * An AMQP 0-9-1 connection URL (`amqp://`, or `amqps://` with TLS). The output is the same string. Its password stays in
 * the value, but this package does not show it.
 *
 * @example
 * ```ts
 * import { amqpUrl } from "@seaworthy/config";
 * console.log(amqpUrl().parse("amqp://localhost/orders")); // amqp://localhost/orders
 * ```
 */
export function amqpUrl(): FieldSchema<string, string> {
  const expected = "an AMQP URL such as amqp://user:password@host:5672/vhost";
  return connectionUrl({ kind: "amqpUrl", expected, protocols: ["amqp", "amqps"] });
}

const ESCAPE = "escape reserved characters in the user name and password, as the build…Url functions do";
const SRV = "mongodb+srv takes one host without a port, because DNS has the ports";
const AUTHORITY = /^([a-z][a-z0-9+.-]*):\/\/((?:[^/?#@]*@)?)([^/?#@]*)([/?#][\s\S]*)?$/i;

function connectionUrl(of: Kind): FieldSchema<string, string> {
  const { kind, expected, protocols } = of;
  const json = { type: "string", format: "uri" };
  return createField({ kind, expected, secret: "url", json }, (value) => {
    if (typeof value === "string" && isConnectionUrl(value, of)) return value;
    if (typeof value !== "string" || !protocols.some((protocol) => value.startsWith(`${protocol}://`)))
      return refuse({ expected });
    const hint = value.startsWith("mongodb+srv:") ? `${SRV}; ${ESCAPE}` : ESCAPE;
    return refuse({ expected, hint });
  });
}

// An @ after the host means that the password has a /, ? or # in it, and that the host is wrong.
function isConnectionUrl(text: string, { protocols, several, needsHost, userAlone }: Kind): boolean {
  const [, protocol = "", user = "", hosts = "", rest = ""] = AUTHORITY.exec(text) ?? [];
  if (!protocols.includes(protocol.toLowerCase()) || rest.includes("@")) return false;
  const list = hosts.split(",");
  if (protocol.toLowerCase().endsWith("+srv") && /[,:]/.test(hosts)) return false;
  if (list.length > 1 && (several !== true || !list.every(isHostWithPort))) return false;
  if (hosts === "" && (needsHost === true || (user !== "" && userAlone !== true))) return false;
  // The URL parser accepts one host only, so it checks the rest of the URL with a single host.
  const single = list.length > 1 || (hosts === "" && user !== "") ? "localhost" : hosts;
  return parseUrl(`${protocol}://${user}${single}${rest}`) !== undefined;
}

function isHostWithPort(text: string): boolean {
  const [, address, name, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const number = port === undefined ? 1 : readInteger(port);
  return isHost(address ?? name) && number >= 1 && number <= 65_535;
}
