import { createField, refuse, type Schema } from "../internal/zod.ts";
import { parseUrl } from "./url.ts";

/**
 * A PostgreSQL connection URL (`postgres://` or `postgresql://`, and `pglite://` for the embedded engine), as the text
 * that was given. Its password is kept, but not shown by this package.
 *
 * @example
 * ```ts
 * import { postgresUrl } from "@seaworthy/config";
 * console.log(postgresUrl().parse("postgres://localhost/orders")); // postgres://localhost/orders
 * ```
 */
export function postgresUrl(): Schema<string, string> {
  const example = "postgres://user:password@host:5432/database";
  return connectionUrl("postgresUrl", `a PostgreSQL URL such as ${example}`, ["postgres:", "postgresql:", "pglite:"]);
}

/**
 * A Redis connection URL (`redis://`, or `rediss://` with TLS), as the text that was given. Its password is kept, but
 * not shown by this package.
 *
 * @example
 * ```ts
 * import { redisUrl } from "@seaworthy/config";
 * console.log(redisUrl().parse("redis://localhost:6379/0")); // redis://localhost:6379/0
 * ```
 */
export function redisUrl(): Schema<string, string> {
  return connectionUrl("redisUrl", "a Redis URL such as redis://user:password@host:6379/0", ["redis:", "rediss:"]);
}

/**
 * An AMQP 0-9-1 connection URL (`amqp://`, or `amqps://` with TLS), as the text that was given. Its password is kept,
 * but not shown by this package.
 *
 * @example
 * ```ts
 * import { amqpUrl } from "@seaworthy/config";
 * console.log(amqpUrl().parse("amqp://localhost/orders")); // amqp://localhost/orders
 * ```
 */
export function amqpUrl(): Schema<string, string> {
  return connectionUrl("amqpUrl", "an AMQP URL such as amqp://user:password@host:5672/vhost", ["amqp:", "amqps:"]);
}

function connectionUrl(kind: string, expected: string, protocols: readonly string[]): Schema<string, string> {
  const json = { type: "string", format: "uri" };
  return createField({ kind, expected, secret: "url", json }, (value) => {
    const parsed = parseUrl(value);
    const known = parsed !== undefined && protocols.includes(parsed.protocol);
    // An @ after the host means that a password had a /, ? or # in it, and that the host is wrong.
    const whole = known && !`${parsed.pathname}${parsed.search}${parsed.hash}`.includes("@");
    if (known && whole) return value as string;
    const unescaped = typeof value === "string" && protocols.some((protocol) => value.startsWith(`${protocol}//`));
    const hint = "escape reserved characters in the user name and password; the build…Url functions do";
    return refuse(unescaped ? { expected, hint } : { expected });
  });
}
