import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type JsonWebKey,
  KeyObject,
} from "node:crypto";
import { isSecret } from "@seaworthy/core";
import { isObject } from "@seaworthy/core/objects";
import { boundedString, checkOptions, finiteNumber, oneOf, showValue, withDefault } from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import type { RingKey, StoredTokenKey, TokenAlgorithm, TokenKey } from "../tokens/key-ring.ts";

const ALGORITHMS = ["EdDSA", "ES256", "HS256"] as const;
const SHORTEST_SECRET = 32;
const LEAST_DISTINCT_BYTES = 10;
const LATEST = 8.64e15;
const KID = /^[\w.-]{1,64}$/;
/** What stands in the examples and defaults of tutorials and frameworks. */
const KNOWN_SECRETS = /secret|password|passw0rd|changeme|change-me|change_me|example|default|insecure|your-|keyboard/i;

/**
 * Checks a key and takes it in.
 *
 * @throws TypeError naming the member; the key is not shown
 * @throws AUTH_WEAK_KEY
 */
export function ringKeyOf(option: TokenKey): RingKey {
  checkOptions("key", option, ["key", "algorithm", "kid", "from"]);
  const { algorithm, kid } = option;
  if (algorithm !== undefined) oneOf("key.algorithm", algorithm, ALGORITHMS);
  if (kid !== undefined && !KID.test(boundedString("key.kid", kid, 1, 64)))
    throw new TypeError(`key.kid must have letters, digits, ., _ or -; got ${showValue(kid)}`);
  const from = finiteNumber("key.from", withDefault(option.from, 0), 0, LATEST);
  const material: unknown = isSecret(option.key) ? option.key.reveal() : option.key;
  const pair = algorithm === "HS256" ? sharedKey(material) : privateKey(material);
  if (algorithm !== undefined && algorithm !== pair.algorithm)
    throw new TypeError(`key.algorithm is ${algorithm}, and the key is for ${pair.algorithm}`);
  return { ...pair, kid: kid ?? thumbprint(pair), from };
}

/** A new private key, as a store keeps it. */
export function newStoredKey(algorithm: "EdDSA" | "ES256", from: number): StoredTokenKey {
  const { privateKey } =
    algorithm === "EdDSA" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { kid } = ringKeyOf({ key: privateKey });
  return { kid, algorithm, jwk: privateKey.export({ format: "jwk" }), from };
}

/** The public part as it is published. */
export function publishedKey({ kid, algorithm, publicKey }: RingKey): JsonWebKey {
  return { ...publicKey.export({ format: "jwk" }), kid, alg: algorithm, use: "sig" };
}

type Pair = Pick<RingKey, "algorithm" | "privateKey" | "publicKey">;

function privateKey(material: unknown): Pair {
  const key = readPrivateKey(material);
  const algorithm = key === undefined ? undefined : algorithmOf(key);
  if (key === undefined || algorithm === undefined)
    throw new TypeError(
      "key must be a private key of Ed25519 or P-256 as PEM, JWK or KeyObject; or algorithm must be HS256",
    );
  return { algorithm, privateKey: key, publicKey: createPublicKey(key) };
}

function readPrivateKey(material: unknown): KeyObject | undefined {
  try {
    if (material instanceof KeyObject) return material.type === "private" ? material : undefined;
    if (typeof material === "string") return createPrivateKey(material);
    return isObject(material) && !(material instanceof Uint8Array)
      ? createPrivateKey({ key: { ...material }, format: "jwk" })
      : undefined;
  } catch {
    // What OpenSSL says does not help, and the key is a secret.
    return undefined;
  }
}

function algorithmOf(key: KeyObject): TokenAlgorithm | undefined {
  if (key.asymmetricKeyType === "ed25519") return "EdDSA";
  return key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? "ES256" : undefined;
}

function sharedKey(material: unknown): Pair {
  const bytes = sharedBytes(material);
  if (bytes === undefined) throw new TypeError("key must be a string, bytes or a secret of them for HS256");
  const reason = weaknessOf(bytes);
  if (reason !== undefined) throw errors.AUTH_WEAK_KEY({ reason }, { message: `The key is too weak: ${reason}` });
  const key = createSecretKey(bytes);
  return { algorithm: "HS256", privateKey: key, publicKey: key };
}

function sharedBytes(material: unknown): Buffer | undefined {
  if (material instanceof KeyObject) return material.type === "secret" ? material.export() : undefined;
  return typeof material === "string" || material instanceof Uint8Array ? Buffer.from(material) : undefined;
}

/** Why a shared key can be guessed, as far as its bytes tell; HMAC keys are tested offline, a million at a time. */
function weaknessOf(bytes: Buffer): string | undefined {
  if (bytes.length < SHORTEST_SECRET) return `it has ${bytes.length} bytes, and ${SHORTEST_SECRET} are needed`;
  if (new Set(bytes).size < LEAST_DISTINCT_BYTES) return "it has too few different bytes";
  for (let period = 1; period <= bytes.length / 2; period++)
    if (bytes.subarray(period).equals(bytes.subarray(0, bytes.length - period))) return "it repeats itself";
  let steps = 0;
  for (let at = 1; at < bytes.length; at++) if (Math.abs((bytes[at] ?? 0) - (bytes[at - 1] ?? 0)) <= 1) steps++;
  if (steps > bytes.length / 2) return "it is a sequence";
  return KNOWN_SECRETS.test(bytes.toString("latin1")) ? "it is a phrase of examples" : undefined;
}

/** RFC 7638 for a public key. That of a shared key would let its bytes be tested, so it is an HMAC under the key itself. */
function thumbprint({ algorithm, privateKey, publicKey }: Pair): string {
  if (algorithm === "HS256") return createHmac("sha256", privateKey).update("kid").digest("base64url").slice(0, 22);
  const { crv, kty, x, y } = publicKey.export({ format: "jwk" });
  // JSON leaves out y for Ed25519; the members are in the order of the standard.
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}
