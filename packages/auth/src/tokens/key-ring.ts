import type { JsonWebKey, KeyObject } from "node:crypto";
import type { Clock, Duration, Secret } from "@seaworthy/core";

/** Algorithm of a signature: Ed25519, ECDSA on P-256, or HMAC-SHA-256 with a key that all verifiers share. */
export type TokenAlgorithm = "EdDSA" | "ES256" | "HS256";

/** A private key as PEM (PKCS #8), JWK or `KeyObject`; for HS256 a string or bytes. */
export type TokenKeyMaterial = string | Uint8Array | JsonWebKey | KeyObject;

/** A key that signs from a moment on. */
export interface TokenKey {
  readonly key: TokenKeyMaterial | Secret<string> | Secret<Uint8Array> | Secret<JsonWebKey>;
  /** Must be given for HS256; otherwise the key says what it is for. */
  readonly algorithm?: TokenAlgorithm;
  /** Names the key in tokens: 1 to 64 letters, digits, `.`, `_` or `-`. @default the thumbprint of RFC 7638 */
  readonly kid?: string;
  /** When it begins to sign, in milliseconds since the Unix epoch. Before, it is published already. @default 0 */
  readonly from?: number;
}

/** A key as a {@link KeyStore} keeps it. It is secret. */
export interface StoredTokenKey {
  readonly kid: string;
  readonly algorithm: "EdDSA" | "ES256";
  /** The private key. */
  readonly jwk: JsonWebKey;
  readonly from: number;
}

/** Where the keys of a rotation are kept, for all instances of a service: an encrypted place such as a vault. */
export interface KeyStore {
  /** The keys, and what names their present state. An empty store has no keys. */
  load(): Promise<{ readonly keys: readonly StoredTokenKey[]; readonly version: string }>;
  /** Replaces the keys if their state is still `version`; otherwise resolves with `false`. */
  save(keys: readonly StoredTokenKey[], version: string): Promise<boolean>;
}

/** Keys that are made and replaced on a schedule. */
export interface KeyRotation {
  readonly store: KeyStore;
  /** How long a key signs, an hour or more. @default "30d" */
  readonly every?: Duration;
  /** How long a key is published before it signs, so that verifiers know it; less than `every`. @default "1d", or half of `every` */
  readonly announce?: Duration;
  /** Of new keys. @default "EdDSA" */
  readonly algorithm?: "EdDSA" | "ES256";
}

/** Options of `createKeyRing`: either `keys` or `rotation`. */
export interface KeyRingOptions {
  readonly keys?: readonly TokenKey[];
  readonly rotation?: KeyRotation;
  /** How long a key is accepted after another one began to sign; at least the time to live of the tokens. @default "1h" */
  readonly retireAfter?: Duration;
  readonly clock?: Clock;
}

/** A key that signs and verifies. */
export interface RingKey {
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** When it begins to sign, in milliseconds since the Unix epoch. */
  readonly from: number;
}

/** What is known about a key apart from its secret. */
export interface RingKeyFacts {
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  readonly state: "previous" | "current" | "next";
  readonly from: number;
  /** When it is not accepted any more; missing while no other key is to follow. */
  readonly until?: number;
}

/** A JWK Set (RFC 7517, section 5). */
export interface Jwks {
  readonly keys: readonly JsonWebKey[];
}

/** The keys of a service's tokens: the former ones that are still accepted, the present one, and those to come. */
export interface KeyRing {
  /** How long a key is accepted after another one began to sign, in milliseconds. */
  readonly retireAfter: number;
  /** The key that signs now. @throws AUTH_STORE_FAILED if no keys could be loaded yet */
  signingKey(): Promise<RingKey>;
  /** A key that is accepted now. @throws AUTH_STORE_FAILED if no keys could be loaded yet */
  verificationKey(kid: string): Promise<RingKey | undefined>;
  /** The public keys, for `/.well-known/jwks.json`. Keys of HS256 are never among them. */
  jwks(): Promise<Jwks>;
  /** The keys with their states, in the order in which they sign. */
  keys(): Promise<readonly RingKeyFacts[]>;
}
