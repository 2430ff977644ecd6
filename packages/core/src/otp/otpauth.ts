import { withoutUndefined } from "../objects.ts";
import { checkOptions, integer, showValue } from "../options.ts";
import { isSecret, type Secret, secret } from "../secret.ts";
import { fromBase32, toBase32 } from "./base32.ts";
import type { TotpAlgorithm } from "./totp.ts";

/** A second factor as an `otpauth://totp/` URI describes it. */
export interface OtpauthKey {
  readonly secret: Secret<Uint8Array>;
  /** @default "SHA1" */
  readonly algorithm?: TotpAlgorithm;
  /** @default 6 */
  readonly digits?: 6 | 8;
  /** Seconds, 1 to 3600. @default 30 */
  readonly period?: number;
  readonly account: string;
  readonly issuer?: string;
}

const LONGEST_URI = 4096;
const ALGORITHMS: readonly string[] = ["SHA1", "SHA256", "SHA512"];

/**
 * Reads an `otpauth://totp/` URI, as QR codes for authenticator apps hold it; `undefined` if it is not such a URI. Counter-based
 * keys (`otpauth://hotp/`) are refused: their state would have to be written on every use.
 *
 * @example
 * ```ts
 * import { parseOtpauth } from "@seaworthy/core/otp";
 * const key = parseOtpauth("otpauth://totp/Acme:ops?secret=JBSWY3DPEHPK3PXP&issuer=Acme");
 * console.log(key?.account, key?.issuer, key?.digits); // ops Acme 6
 * ```
 */
export function parseOtpauth(uri: string): (Required<Omit<OtpauthKey, "issuer">> & { issuer?: string }) | undefined {
  if (typeof uri !== "string" || uri.length > LONGEST_URI || !URL.canParse(uri)) return undefined;
  const url = new URL(uri);
  if (url.protocol !== "otpauth:" || url.host.toLowerCase() !== "totp") return undefined;
  // Some providers draw random letters, not bytes; authenticator apps drop the bits that are left over.
  const bytes = fromBase32(url.searchParams.get("secret") ?? "", "any");
  const algorithm = (url.searchParams.get("algorithm") ?? "SHA1").toUpperCase().replace("-", "");
  const digits = Number(url.searchParams.get("digits") ?? 6);
  const period = Number(url.searchParams.get("period") ?? 30);
  const sound = ALGORITHMS.includes(algorithm) && (digits === 6 || digits === 8) && isPeriod(period);
  const label = decoded(url.pathname.replace(/^\//, ""));
  if (bytes === undefined || bytes.length === 0 || !sound || label === undefined) return undefined;
  const colon = label.indexOf(":");
  const issuer = url.searchParams.get("issuer") ?? (colon < 0 ? undefined : label.slice(0, colon));
  const key = { algorithm: algorithm as TotpAlgorithm, digits: digits as 6 | 8, period };
  const account = label.slice(colon + 1).trim();
  const own = secret<Uint8Array>(bytes);
  return withoutUndefined({ ...key, secret: own, account, issuer: issuer || undefined });
}

/**
 * Writes an `otpauth://totp/` URI, to be kept with `set` or shown to an authenticator app.
 *
 * @throws TypeError if a member is malformed
 * @example
 * ```ts
 * import { secret } from "@seaworthy/core";
 * import { formatOtpauth } from "@seaworthy/core/otp";
 * const key = secret(new TextEncoder().encode("12345678901234567890"));
 * console.log(formatOtpauth({ secret: key, account: "ops", issuer: "Acme" }).reveal().slice(0, 24)); // otpauth://totp/Acme:ops?
 * ```
 */
export function formatOtpauth(key: OtpauthKey): Secret<string> {
  checkOptions("formatOtpauth", key, ["secret", "algorithm", "digits", "period", "account", "issuer"]);
  const { algorithm = "SHA1", digits = 6, period = 30, account, issuer } = key;
  const bytes: unknown = isSecret(key.secret) ? key.secret.reveal() : undefined;
  if (!(bytes instanceof Uint8Array) || bytes.length === 0) throw new TypeError("secret must be a secret of bytes");
  if (!ALGORITHMS.includes(algorithm)) throw new TypeError(`algorithm must be one of ${ALGORITHMS.join(", ")}`);
  if (digits !== 6 && digits !== 8) throw new TypeError(`digits must be 6 or 8; got ${showValue(digits)}`);
  integer("period", period, 1, 3600);
  for (const [name, text] of Object.entries({ account, issuer: issuer ?? "none" })) {
    if (typeof text !== "string" || text === "" || text.includes(":") || !text.isWellFormed())
      throw new TypeError(`${name} must be a string without a colon; got ${showValue(text)}`);
  }
  const label = [issuer, account].filter((part) => part !== undefined).map((part) => encodeURIComponent(part));
  const members = withoutUndefined({ secret: toBase32(bytes), issuer: issuer || undefined, algorithm, digits, period });
  const query = Object.entries(members).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return secret(`otpauth://totp/${label.join(":")}?${query.join("&")}`);
}

function isPeriod(period: number): boolean {
  return Number.isInteger(period) && period >= 1 && period <= 3600;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
