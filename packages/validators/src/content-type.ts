import { isArrayBuffer } from "node:util/types";
import { showValue } from "@seaworthy/core/options";
import { SIGNATURES, type Signature, TEXT_KINDS } from "./internal/signatures.ts";

/** The kind of a file, judged by its content. */
export interface ContentType {
  /** Media type, such as `image/png`. */
  readonly type: string;
  /** Extensions of such files, without a dot. The usual extension is the first. */
  readonly extensions: readonly string[];
}

const HEAD = 1024;
// What a browser treats as a page, a script or a drawing with scripts, after white space and comments (WHATWG MIME Sniffing).
const MARKUP =
  /^(?:\s|<!--(?:[^-]|-(?!->))*-->)*<(?:(!doctype html|html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p|form|img|object|embed|link|meta|base|input)(?=[\s>/])|(svg)(?=[\s>/])|(\?xml)(?=\s)|(\?php|\?=))/i;
const NOT_IN_TEXT = /[^\P{Cc}\t\n\f\r]/u;
const SVG = /<svg[\s>/]/i;

/**
 * Returns the kind of a file, judged by the signature in the first kilobyte of its content. The name and the type that
 * the sender gave do not count. Content without a signature is `text/plain` if it is well-formed UTF-8 without control
 * characters, as JSON and CSV are. Returns `undefined` for anything else.
 *
 * A signature only shows how the content begins. A file can be of two kinds at once (a polyglot), so serve uploaded files
 * with `X-Content-Type-Options: nosniff` and as an attachment, or encode them again.
 *
 * @throws TypeError if `bytes` is neither a `Uint8Array` nor an `ArrayBuffer`
 * @example
 * ```ts
 * import { contentType } from "@seaworthy/validators";
 * console.log(contentType(Buffer.from("%PDF-1.7"))?.type); // application/pdf
 * console.log(contentType(Buffer.from("<svg onload=alert(1)>"))?.type); // image/svg+xml
 * console.log(contentType(Buffer.from([1, 2, 3]))); // undefined
 * ```
 */
export function contentType(bytes: Uint8Array | ArrayBuffer): ContentType | undefined {
  const whole = isArrayBuffer(bytes) ? new Uint8Array(bytes) : bytes;
  if (!(whole instanceof Uint8Array)) throw new TypeError(`bytes must be a Uint8Array; got ${showValue(bytes)}`);
  const head = whole.subarray(0, HEAD);
  const found = SIGNATURES.find((signature) => beginsWith(head, signature));
  if (found !== undefined) return { type: found.type, extensions: found.extensions };
  return textType(head, whole.length > HEAD);
}

function beginsWith(head: Uint8Array, { bytes, at = 0 }: Signature): boolean {
  if (head.length < at + bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) {
    const wanted = bytes.charCodeAt(i);
    if (wanted !== 0x2e && head[at + i] !== wanted) return false;
  }
  return true;
}

function textType(head: Uint8Array, isCut: boolean): ContentType | undefined {
  let text: string;
  try {
    // The cut may split a character. In stream mode, the decoder waits for the rest of it.
    text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: isCut });
  } catch {
    return undefined;
  }
  if (text === "" || NOT_IN_TEXT.test(text)) return undefined;
  if (text.startsWith("#!")) return TEXT_KINDS.script;
  const [, html, svg, xml, php] = MARKUP.exec(text) ?? [];
  if (php !== undefined) return TEXT_KINDS.php;
  if (html !== undefined) return TEXT_KINDS.html;
  if (svg !== undefined || (xml !== undefined && SVG.test(text))) return TEXT_KINDS.svg;
  return xml !== undefined ? TEXT_KINDS.xml : TEXT_KINDS.text;
}
