import { showValue } from "@seaworthy/core/options";

/** Signatures with a public key. A shared secret cannot be published by an issuer, and `none` signs nothing. */
export const SIGNING_ALGORITHMS: readonly string[] = [
  ...["EdDSA", "Ed25519", "ES256", "ES384", "ES512"],
  ...["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
];

/** @throws TypeError that names the option and the value */
export function algorithmsOption(name: string, value: unknown): readonly string[] {
  const sound = Array.isArray(value) && value.length > 0 && value.every((word) => SIGNING_ALGORITHMS.includes(word));
  if (!sound) throw new TypeError(`${name} must be some of ${SIGNING_ALGORITHMS.join(", ")}; got ${showValue(value)}`);
  return [...value];
}
