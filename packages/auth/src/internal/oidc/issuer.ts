import { type Clock, isSeaworthyError } from "@seaworthy/core";
import { isObject } from "@seaworthy/core/objects";
import { waitAtMost } from "@seaworthy/core/waiting";
import { createLocalJWKSet, type JSONWebKeySet } from "jose";
import { errors } from "../../errors.ts";
import { issuerEvent } from "../../telemetry.ts";
import { boundedFetch, type FetchFunction } from "./bounded-fetch.ts";
import { isProtected } from "./issuer-url.ts";
import { Refreshed } from "./refreshed.ts";

/** An issuer and how its documents are kept. All times in milliseconds. */
export interface IssuerPlan {
  /** Exactly as it is in its tokens. */
  readonly issuer: string;
  /** Where its keys are, without discovery. */
  readonly jwksUri: string | undefined;
  readonly cacheFor: number;
  readonly staleFor: number;
  readonly cooldown: number;
  readonly timeout: number;
  readonly fetch: FetchFunction;
  readonly clock: Clock;
}

/** What the discovery document says. */
export interface IssuerMetadata {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly [member: string]: unknown;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

const MOST_KEYS = 100;

/** The documents of an issuer: metadata by discovery (OpenID Connect Discovery 1.0) and keys (RFC 7517). */
export class Issuer {
  readonly #plan: IssuerPlan;
  readonly #metadata: Refreshed<IssuerMetadata>;
  readonly #keys: Refreshed<KeySet>;

  constructor(plan: IssuerPlan) {
    this.#plan = plan;
    this.#metadata = new Refreshed({ ...plan, load: () => this.#loadMetadata() });
    this.#keys = new Refreshed({ ...plan, load: () => this.#loadKeys() });
  }

  /**
   * @throws AUTH_ISSUER_UNAVAILABLE if it cannot be loaded
   * @throws AUTH_ISSUER_INVALID if it is not the metadata of this issuer
   */
  metadata(): Promise<IssuerMetadata> {
    return this.#metadata.get();
  }

  /** The key for the header of a token. Asks for the keys anew if there is none, but only once per cooldown. */
  readonly key = async (...token: Parameters<KeySet>): ReturnType<KeySet> => {
    const keys = await this.#keys.get();
    try {
      return await keys(...token);
    } catch (error) {
      if (!isObject(error) || error.code !== "ERR_JWKS_NO_MATCHING_KEY") throw error;
      const newer = await this.#keys.renew();
      if (newer === keys) throw error;
      return newer(...token);
    }
  };

  async #loadMetadata(): Promise<IssuerMetadata> {
    const { issuer } = this.#plan;
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    return this.#load("discovery", url, (found) => {
      // OpenID Connect Discovery 1.0, section 4.3: otherwise one issuer could hand out its keys as those of another.
      if (found.issuer !== issuer) throw this.#invalid("the document names another issuer", found.issuer);
      return { ...found, issuer, jwks_uri: this.#jwksUriOf(found.jwks_uri) };
    });
  }

  async #loadKeys(): Promise<KeySet> {
    // One outage is waited for once, and not for each of the two documents.
    const url = this.#plan.jwksUri ?? (await this.#metadata.get(false)).jwks_uri;
    return this.#load("keys", url, (found) => {
      if (!isKeySet(found)) throw this.#invalid(`the keys are not a JWK set of 1 to ${MOST_KEYS} keys`);
      return createLocalJWKSet(found);
    });
  }

  #jwksUriOf(uri: unknown): string {
    if (typeof uri === "string" && URL.canParse(uri) && isProtected(new URL(uri))) return uri;
    throw this.#invalid("jwks_uri is not a URL with https:", uri);
  }

  #invalid(message: string, found?: unknown): Error {
    const { issuer } = this.#plan;
    return errors.AUTH_ISSUER_INVALID({ issuer, found }, { message: `${issuer}: ${message}` });
  }

  async #load<T>(document: string, url: string, read: (found: Record<PropertyKey, unknown>) => T): Promise<T> {
    const { issuer, clock } = this.#plan;
    const begin = clock.monotonic();
    const end = (outcome: string, error?: unknown): void => {
      if (issuerEvent.active)
        issuerEvent.emit({ document, outcome }, (clock.monotonic() - begin) / 1000, { issuer, url, error });
    };
    try {
      const found = await this.#fetchJson(url);
      if (!isObject(found) || Array.isArray(found)) throw this.#invalid("the document is not a JSON object");
      const value = read(found);
      end("ok");
      return value;
    } catch (cause) {
      end("failed", cause);
      if (isSeaworthyError(cause)) throw cause;
      throw errors.AUTH_ISSUER_UNAVAILABLE({ issuer, url }, { cause });
    }
  }

  async #fetchJson(url: string): Promise<unknown> {
    const { timeout: limit, clock } = this.#plan;
    const controller = new AbortController();
    const get = async (): Promise<unknown> => {
      const fetch = boundedFetch(this.#plan.fetch);
      const response = await fetch(url, { headers: { accept: "application/json" }, signal: controller.signal });
      if (response.status !== 200) throw new Error(`the issuer answered with the status ${response.status}`);
      try {
        return await response.json();
      } catch {
        throw this.#invalid("the document is not JSON");
      }
    };
    const onLimit = (): never => {
      controller.abort();
      throw new Error(`the issuer did not answer within ${limit} ms`);
    };
    return waitAtMost(get(), { limit, onLimit, clock });
  }
}

function isKeySet(found: Record<PropertyKey, unknown>): found is Record<PropertyKey, unknown> & JSONWebKeySet {
  const { keys } = found;
  return Array.isArray(keys) && keys.length > 0 && keys.length <= MOST_KEYS && keys.every(isObject);
}
