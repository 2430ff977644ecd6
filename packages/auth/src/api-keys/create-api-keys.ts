import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock, Duration } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import {
  boundedString,
  checkOptions,
  clockOption,
  positiveDuration,
  requiredFunction,
  showValue,
  withDefault,
} from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import { formatApiKey, isApiKeyId, newApiKeyParts, parseApiKey } from "../internal/api-key-text.ts";
import { checkPattern, checkPermission, covers } from "../internal/permissions.ts";
import type { StoredApiKey } from "../stores/store.ts";
import { apiKeyEvent } from "../telemetry.ts";
import type {
  ApiKeyFacts,
  ApiKeyStore,
  ApiKeys,
  ApiKeysOptions,
  IssuedApiKey,
  NewApiKey,
  RotateOptions,
} from "./api-keys.ts";

const OPTIONS = ["store", "prefix", "ttl", "overlap", "touchEvery", "clock"];
const METHODS = ["createApiKey", "findApiKey", "apiKeys", "touchApiKey", "expireApiKey", "revokeApiKey"] as const;
const PREFIX = /^[a-z][a-z0-9_]{0,30}[a-z0-9]$/;
const MOST_SCOPES = 100;

/**
 * Keys for machines: with a prefix that scanners find, a checksum, scopes, an end, and a rotation in which both keys hold for a
 * while. Only SHA-256 hashes of the secrets are stored; they have 190 random bits, so that a slow hash would add nothing.
 *
 * @throws TypeError if an option is malformed
 */
export function createApiKeys(options: ApiKeysOptions): ApiKeys {
  checkOptions("createApiKeys", options, OPTIONS);
  const { store, prefix = "sk" } = options;
  for (const method of METHODS) requiredFunction(`store.${method}`, store?.[method]);
  if (typeof prefix !== "string" || !PREFIX.test(prefix))
    throw new TypeError(`prefix must be 2 to 32 lower-case letters, digits or _; got ${showValue(prefix)}`);
  return new HashedApiKeys({
    store,
    prefix,
    ttl: ttlOf(withDefault(options.ttl, "90d")),
    overlap: positiveDuration("overlap", withDefault(options.overlap, "24h")),
    touchEvery: positiveDuration("touchEvery", withDefault(options.touchEvery, "1m")),
    clock: clockOption("clock", options.clock),
  });
}

/** Milliseconds, or `undefined` for a key without an end. */
function ttlOf(ttl: Duration | "never"): number | undefined {
  return ttl === "never" ? undefined : positiveDuration("ttl", ttl);
}

interface Plan {
  readonly store: ApiKeyStore;
  readonly prefix: string;
  readonly ttl: number | undefined;
  readonly overlap: number;
  readonly touchEvery: number;
  readonly clock: Clock;
}

type Refusal = "AUTH_TOKEN_INVALID" | "AUTH_TOKEN_EXPIRED" | "AUTH_TOKEN_REVOKED";

class HashedApiKeys implements ApiKeys {
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  async issue(key: NewApiKey): Promise<IssuedApiKey> {
    checkOptions("issue", key, ["owner", "name", "scopes", "ttl"]);
    const owner = boundedString("owner", key.owner, 1, 255);
    const name = boundedString("name", key.name, 1, 100);
    return this.#create(
      { owner, name, scopes: scopesOf(key.scopes) },
      key.ttl === undefined ? this.#plan.ttl : ttlOf(key.ttl),
    );
  }

  async verify(key: string, scope?: string): Promise<ApiKeyFacts> {
    if (scope !== undefined) checkPermission("scope", scope);
    const { store, prefix, clock } = this.#plan;
    const parts = parseApiKey(prefix, key);
    const stored = parts === undefined ? undefined : await store.findApiKey(parts.id);
    if (parts === undefined || stored === undefined || !isHashOf(stored.hash, parts.secret))
      throw refused("AUTH_TOKEN_INVALID");
    const now = clock.now();
    const refusal = refusalOf(stored, now);
    if (refusal !== undefined) throw refused(refusal);
    if (scope !== undefined && !covers(new Set(stored.scopes), scope)) throw errors.AUTH_FORBIDDEN({ scope });
    this.#touch(stored, now);
    return factsOf(stored);
  }

  async rotate(id: string, options: RotateOptions = {}): Promise<IssuedApiKey> {
    checkOptions("rotate", options, ["overlap", "ttl"]);
    const overlap = options.overlap === undefined ? this.#plan.overlap : positiveDuration("overlap", options.overlap);
    const { store, clock } = this.#plan;
    const stored = isApiKeyId(id) ? await store.findApiKey(id) : undefined;
    const now = clock.now();
    const refusal = stored === undefined ? "AUTH_TOKEN_INVALID" : refusalOf(stored, now);
    if (stored === undefined || refusal !== undefined) throw refused(refusal ?? "AUTH_TOKEN_INVALID");
    const { owner, name, scopes, expiresAt } = stored;
    const ttl = expiresAt === undefined ? undefined : this.#plan.ttl;
    // The new key first: if the store fails in between, the old one still holds.
    const issued = await this.#create({ owner, name, scopes }, options.ttl === undefined ? ttl : ttlOf(options.ttl));
    await store.expireApiKey(id, Math.min(expiresAt ?? Number.POSITIVE_INFINITY, now + overlap));
    // Who revoked the key meanwhile has not seen the new one.
    if ((await store.findApiKey(id))?.revokedAt === undefined) return issued;
    await store.revokeApiKey(issued.id, clock.now());
    throw refused("AUTH_TOKEN_REVOKED");
  }

  async revoke(id: string): Promise<boolean> {
    return isApiKeyId(id) && (await this.#plan.store.revokeApiKey(id, this.#plan.clock.now()));
  }

  async list(owner: string): Promise<readonly ApiKeyFacts[]> {
    return (await this.#plan.store.apiKeys(boundedString("owner", owner, 1, 255))).map(factsOf);
  }

  async #create(about: Pick<ApiKeyFacts, "owner" | "name" | "scopes">, ttl: number | undefined): Promise<IssuedApiKey> {
    const { store, prefix, clock } = this.#plan;
    const parts = newApiKeyParts();
    const createdAt = clock.now();
    const expiresAt = ttl === undefined ? undefined : createdAt + ttl;
    const stored = withoutUndefined({ ...about, id: parts.id, hash: hashOf(parts.secret), createdAt, expiresAt });
    await store.createApiKey(stored);
    return { ...factsOf(stored), key: formatApiKey(prefix, parts) };
  }

  /** Notes the use, but neither on every one, nor so that the caller waits for it. */
  #touch({ id, lastUsedAt }: StoredApiKey, now: number): void {
    if (lastUsedAt !== undefined && now - lastUsedAt < this.#plan.touchEvery) return;
    this.#plan.store.touchApiKey(id, now).catch((error: unknown) => {
      if (apiKeyEvent.active) apiKeyEvent.emit({ outcome: "untouched" }, undefined, { id, error });
    });
  }
}

function scopesOf(scopes: unknown): readonly string[] {
  if (!Array.isArray(scopes) || scopes.length === 0 || scopes.length > MOST_SCOPES)
    throw new TypeError(`scopes must be an array of 1 to ${MOST_SCOPES} scopes; got ${showValue(scopes)}`);
  return scopes.map((scope) => checkPattern("scopes", scope));
}

function refusalOf({ expiresAt, revokedAt }: StoredApiKey, now: number): Refusal | undefined {
  if (revokedAt !== undefined) return "AUTH_TOKEN_REVOKED";
  return expiresAt !== undefined && now >= expiresAt ? "AUTH_TOKEN_EXPIRED" : undefined;
}

function refused(code: Refusal): Error {
  if (apiKeyEvent.active) apiKeyEvent.emit({ outcome: code.slice("AUTH_TOKEN_".length).toLowerCase() });
  return errors[code]();
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function isHashOf(hash: string, secret: string): boolean {
  const [stored, own] = [Buffer.from(hash), Buffer.from(hashOf(secret))];
  return stored.length === own.length && timingSafeEqual(stored, own);
}

function factsOf(stored: StoredApiKey): ApiKeyFacts {
  const { hash: _hash, ...facts } = stored;
  return facts;
}
