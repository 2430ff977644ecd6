import { randomBytes, timingSafeEqual } from "node:crypto";
import { isSecret, type Secret, secret as secretOf } from "@seaworthy/core";
import { checkOptions, finiteNumber, integer, oneOf, showValue, withDefault } from "@seaworthy/core/options";
import { type TotpAlgorithm, totpAt } from "@seaworthy/core/otp";

/** How codes are computed. Most apps know only the defaults. */
export interface TotpOptions {
  /** When, in milliseconds since the Unix epoch. @default now */
  readonly now?: number | undefined;
  /** @default "SHA1" */
  readonly algorithm?: TotpAlgorithm;
  /** @default 6 */
  readonly digits?: 6 | 8;
  /** Seconds for which a code holds, 1 to 3600. @default 30 */
  readonly period?: number;
}

/** Options of {@link verifyTotp}. */
export interface VerifyTotpOptions extends TotpOptions {
  /** How many steps before and after the present one are accepted, 0 to 10, because clocks differ. @default 1 */
  readonly window?: number;
  /** The newest step that was accepted before. It and older ones are not accepted again. @default none */
  readonly after?: number | undefined;
}

const OPTIONS = ["now", "algorithm", "digits", "period"];
/** RFC 4226, section 4: 160 bits are recommended. */
const SECRET_BYTES = 20;
const LEAST_BYTES = 10;
const MOST_BYTES = 128;
const MOST_WINDOW = 10;
const LATEST = 8.64e15;

/** A new secret of 160 bits for an authenticator app; `formatOtpauth` of `@seaworthy/core/otp` makes the URI of a QR code of it. */
export function generateTotpSecret(): Secret<Uint8Array> {
  return secretOf<Uint8Array>(new Uint8Array(randomBytes(SECRET_BYTES)));
}

/**
 * The code of a time step (RFC 6238), as an authenticator app shows it.
 *
 * @throws TypeError if the secret has fewer than 10 or more than 128 bytes, or an option is malformed
 * @example
 * ```ts
 * import { generateTotp, generateTotpSecret, verifyTotp } from "@seaworthy/auth";
 * const secret = generateTotpSecret();
 * const code = generateTotp(secret);
 * const step = verifyTotp(secret, code);
 * console.log(verifyTotp(secret, code, { after: step })); // undefined
 * ```
 */
export function generateTotp(secret: Uint8Array | Secret<Uint8Array>, options: TotpOptions = {}): string {
  checkOptions("generateTotp", options, OPTIONS);
  const { parameters, now } = parametersOf(secret, options);
  return totpAt(parameters, now).code;
}

/**
 * The time step that a code is of, or `undefined` if it is of none that is accepted. Keep the step, and give it as `after` the next time:
 * a code is for one use (RFC 6238, section 5.2). Blanks in the code are ignored. All steps are compared, in constant time.
 *
 * @throws TypeError if the secret has fewer than 10 or more than 128 bytes, or an option is malformed
 */
export function verifyTotp(
  secret: Uint8Array | Secret<Uint8Array>,
  code: string,
  options: VerifyTotpOptions = {},
): number | undefined {
  checkOptions("verifyTotp", options, [...OPTIONS, "window", "after"]);
  const { parameters, now } = parametersOf(secret, options);
  const window = integer("window", withDefault(options.window, 1), 0, MOST_WINDOW);
  const after = options.after === undefined ? -1 : integer("after", options.after, -1);
  const given = typeof code === "string" && code.length <= 32 ? code.replace(/\s/g, "") : "";
  if (given.length !== parameters.digits || !/^\d+$/.test(given)) return undefined;
  const step = Math.floor(now / (parameters.period * 1000));
  let found: number | undefined;
  for (let at = Math.max(0, step - window); at <= step + window; at++) {
    const expected = totpAt(parameters, at * parameters.period * 1000).code;
    if (timingSafeEqual(Buffer.from(expected), Buffer.from(given)) && at > after) found ??= at;
  }
  return found;
}

interface Parameters {
  readonly secret: Uint8Array;
  readonly algorithm: TotpAlgorithm;
  readonly digits: 6 | 8;
  readonly period: number;
}

function parametersOf(
  secret: Uint8Array | Secret<Uint8Array>,
  options: TotpOptions,
): { parameters: Parameters; now: number } {
  const bytes: unknown = isSecret(secret) ? secret.reveal() : secret;
  if (!(bytes instanceof Uint8Array) || bytes.length < LEAST_BYTES || bytes.length > MOST_BYTES)
    throw new TypeError(`secret must be ${LEAST_BYTES} to ${MOST_BYTES} bytes or a secret of them`);
  const { digits = 6 } = options;
  if (digits !== 6 && digits !== 8) throw new TypeError(`digits must be 6 or 8; got ${showValue(digits)}`);
  const algorithm = oneOf("algorithm", withDefault(options.algorithm, "SHA1"), ["SHA1", "SHA256", "SHA512"]);
  const period = integer("period", withDefault(options.period, 30), 1, 3600);
  const now = options.now === undefined ? Date.now() : finiteNumber("now", options.now, 0, LATEST);
  return { parameters: { secret: bytes, algorithm, digits, period }, now };
}
