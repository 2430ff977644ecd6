import { createHash } from "node:crypto";

/**
 * Makes a strong entity tag of a body (RFC 9110, 8.8.3): equal for equal bytes. `weak` is for bodies that a proxy may compress.
 *
 * @example
 * ```ts
 * import { entityTag } from "@seaworthy/cache/http";
 * console.log(entityTag("hello")); // "5-qvTGHdzF6KLavt4PO0gs2a6pQ00"
 * ```
 */
export function entityTag(body: string | Uint8Array, options: { weak?: boolean } = {}): string {
  const digest = createHash("sha1").update(body).digest("base64url");
  const tag = `"${Buffer.byteLength(body).toString(16)}-${digest}"`;
  return options.weak === true ? `W/${tag}` : tag;
}

/**
 * Whether a client has the body with this entity tag already, by its `If-None-Match` header: then the answer is 304. The
 * comparison is weak, as RFC 9110 (13.1.2) has it.
 *
 * @example
 * ```ts
 * import { isNotModified } from "@seaworthy/cache/http";
 * console.log(isNotModified('W/"a", "b"', '"a"'), isNotModified(null, '"a"')); // true false
 * ```
 */
export function isNotModified(ifNoneMatch: string | null | undefined, tag: string): boolean {
  if (ifNoneMatch === null || ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const opaque = withoutWeakness(tag);
  return ifNoneMatch.split(",").some((one) => withoutWeakness(one.trim()) === opaque);
}

const withoutWeakness = (tag: string): string => (tag.startsWith("W/") ? tag.slice(2) : tag);
