import { createHmac } from "node:crypto";

/** Hash of a one-time password. */
export type TotpAlgorithm = "SHA1" | "SHA256" | "SHA512";

/** What a code is computed from (RFC 6238). */
export interface TotpParameters {
  readonly secret: Uint8Array;
  readonly algorithm: TotpAlgorithm;
  readonly digits: 6 | 8;
  /** Seconds for which a code holds. */
  readonly period: number;
}

/** A code, and how long it still holds. */
export interface TotpCode {
  readonly code: string;
  /** Milliseconds. */
  readonly expiresIn: number;
}

/** The code at a time in milliseconds since the Unix epoch (RFC 6238). */
export function totpAt({ secret, algorithm, digits, period }: TotpParameters, at: number): TotpCode {
  const step = period * 1000;
  const counter = Math.floor(at / step);
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac(algorithm.toLowerCase(), secret).update(message).digest();
  const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fff_ffff;
  const code = String(number % 10 ** digits).padStart(digits, "0");
  return { code, expiresIn: (counter + 1) * step - at };
}
