import { boundedString } from "@seaworthy/core/options";
import { renderSVG } from "uqr";

// The most that a QR code of version 40 and level M carries in bytes (ISO/IEC 18004, table 7).
const LONGEST_TEXT = 2331;

/**
 * A QR code as an SVG image, such as for the `otpauth:` URI of an enrolment. It has a quiet zone, scales to any size, and
 * holds neither scripts nor the text itself.
 *
 * @param text - up to 2331 bytes
 * @throws TypeError if the text is empty or too long
 * @example
 * ```ts
 * import { qrCodeSvg } from "@seaworthy/auth";
 * const image = qrCodeSvg("otpauth://totp/Shop:ada?secret=JBSWY3DPEHPK3PXP&issuer=Shop");
 * console.log(image.startsWith("<svg xmlns=")); // true
 * ```
 */
export function qrCodeSvg(text: string): string {
  boundedString("text", text, 1, LONGEST_TEXT);
  if (Buffer.byteLength(text) > LONGEST_TEXT) throw new TypeError(`text must have at most ${LONGEST_TEXT} bytes`);
  return renderSVG(text, { ecc: "M", border: 4, pixelSize: 4 });
}
