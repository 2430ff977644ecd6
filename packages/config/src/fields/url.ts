import { checkOptions, showValue } from "@seaworthy/core/options";
import { createField, type FieldSchema, refuse } from "../internal/zod.ts";

/** Options of {@link url}. */
export interface UrlOptions {
  /** Allowed protocols, without the colon. @default ["http", "https"] */
  protocols?: readonly string[];
}

/**
 * An absolute URL (WHATWG URL) of an allowed protocol, as the string that was given. A password in it is kept, but not
 * shown by this package.
 *
 * @throws TypeError if an option is unknown or not an array of protocols
 * @example
 * ```ts
 * import { url } from "@seaworthy/config";
 * console.log(url().parse("https://api.example.com/v1")); // https://api.example.com/v1
 * ```
 */
export function url(options: UrlOptions = {}): FieldSchema<string, string> {
  checkOptions("url", options, ["protocols"]);
  const { protocols = ["http", "https"] } = options;
  if (!Array.isArray(protocols) || protocols.length === 0 || !protocols.every(isProtocol))
    throw new TypeError(
      `url: protocols must be an array of names such as "https"; got ${showValue(options.protocols)}`,
    );
  const expected = `a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(" or ")}`;
  return createField({ kind: "url", expected, json: { type: "string", format: "uri" } }, (value) => {
    const parsed = parseUrl(value);
    return parsed !== undefined && protocols.includes(parsed.protocol.slice(0, -1))
      ? (value as string)
      : refuse({ expected });
  });
}

function isProtocol(value: unknown): boolean {
  return typeof value === "string" && /^[a-z][a-z0-9+.-]*$/.test(value);
}

/** An absolute URL with a host; blanks and control characters, which the parser would drop silently, are refused. */
export function parseUrl(value: unknown): URL | undefined {
  if (typeof value !== "string" || value.length > 8192 || /[\s\p{Cc}]/u.test(value)) return undefined;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return undefined;
  return URL.canParse(value) ? new URL(value) : undefined;
}
