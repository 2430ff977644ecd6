import { checkOptions, showValue } from "@seaworthy/core/options";
import { parseUrl } from "../internal/parse-url.ts";
import { createField, type FieldSchema, refuse } from "../internal/zod.ts";

/** Options of {@link url}. */
export interface UrlOptions {
  /** Allowed protocols, without the colon. @default ["http", "https"] */
  protocols?: readonly string[];
}

const OPTIONS = ["protocols"];

/**
 * An absolute URL (WHATWG URL) of an allowed protocol. The output is the same string. A password in it stays in the value,
 * but this package does not show it. For a URL that a client sends, use `publicUrl()` of `@seaworthy/validators`.
 *
 * @throws TypeError if an option is unknown or not an array of protocols
 * @example
 * ```ts
 * import { url } from "@seaworthy/config";
 * console.log(url().parse("https://api.example.com/v1")); // https://api.example.com/v1
 * ```
 */
export function url(options: UrlOptions = {}): FieldSchema<string, string> {
  checkOptions("url", options, OPTIONS);
  const { protocols = ["http", "https"] } = options;
  if (!Array.isArray(protocols) || protocols.length === 0 || !protocols.every(isProtocol))
    throw new TypeError(
      `url: protocols must be an array of names such as "https"; got ${showValue(options.protocols)}`,
    );
  const expected = `a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(" or ")}`;
  return createField({ kind: "url", expected, json: { type: "string", format: "uri" } }, (value) => {
    const parsed = parseUrl(value);
    const isAllowed = parsed !== undefined && protocols.includes(parsed.protocol.slice(0, -1));
    return isAllowed && typeof value === "string" ? value : refuse({ expected });
  });
}

function isProtocol(value: unknown): boolean {
  return typeof value === "string" && /^[a-z][a-z0-9+.-]*$/.test(value);
}
