import { type ManualClock, manualClock } from "@seaworthy/core/testing";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];
type Fetch = (url: string, init?: RequestInit) => Promise<Response>;
interface IssuerOptions {
  issuer: string;
  audience: string;
  clock: ManualClock;
  fetch: Fetch;
}

/** An issuer whose documents tests write themselves, on a manual clock. */
export class StaticIssuer {
  readonly clock = manualClock();
  readonly issuer: string;
  readonly requests: string[] = [];
  readonly #keys = new Map<string, { privateKey: SigningKey; jwk: JWK }>();
  /** Members that replace those of the discovery document. */
  metadata: Record<string, unknown> = {};
  /** Answers in place of the documents. */
  fault: Fetch | undefined;

  constructor(issuer = "https://login.example") {
    this.issuer = issuer;
  }

  async addKey(kid: string, alg = "ES256"): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    this.#keys.set(kid, { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } });
  }

  removeKey(kid: string): void {
    this.#keys.delete(kid);
  }

  publicKey(kid: string): JWK {
    const found = this.#keys.get(kid);
    if (found === undefined) throw new Error(`no key ${kid}`);
    return found.jwk;
  }

  readonly fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    this.requests.push(url);
    if (this.fault !== undefined) return this.fault(url, init);
    if (url === `${this.issuer}/.well-known/openid-configuration`)
      return Response.json({ issuer: this.issuer, jwks_uri: `${this.issuer}/jwks`, ...this.metadata });
    if (url === `${this.issuer}/jwks`) return Response.json({ keys: [...this.#keys.values()].map(({ jwk }) => jwk) });
    return new Response("not found", { status: 404 });
  };

  /** The members that a verifier of this issuer needs. */
  get options(): IssuerOptions {
    return { issuer: this.issuer, audience: "https://api.example", clock: this.clock, fetch: this.fetch };
  }

  /** A token that is valid for ten minutes, apart from what `claims` and `header` change; `undefined` leaves out. */
  async token(kid: string, claims: JWTPayload = {}, header: Record<string, unknown> = {}): Promise<string> {
    const found = this.#keys.get(kid);
    if (found === undefined) throw new Error(`no key ${kid}`);
    const now = Math.floor(this.clock.now() / 1000);
    const fixed = { iss: this.issuer, aud: "https://api.example", sub: "u-1", iat: now, exp: now + 600 };
    return new SignJWT({ ...fixed, ...claims })
      .setProtectedHeader({ alg: String(found.jwk.alg), typ: "at+jwt", kid, ...header })
      .sign(found.privateKey, header.crit === undefined ? {} : { crit: { "urn:x": true } });
  }
}
