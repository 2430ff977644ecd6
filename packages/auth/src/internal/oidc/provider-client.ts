import { isSeaworthyError } from "@seaworthy/core";
import { readMember, withoutUndefined } from "@seaworthy/core/objects";
import type { Configuration, ServerMetadata } from "openid-client";
import { errors } from "../../errors.ts";
import { loadPeer } from "../load-peer.ts";
import { boundedFetch, type FetchFunction } from "./bounded-fetch.ts";
import type { Issuer, IssuerMetadata } from "./issuer.ts";

type Library = typeof import("openid-client");

/** What a client is at its provider. */
export interface ClientPlan {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly clientAuthentication: "client_secret_basic" | "client_secret_post";
  readonly redirectUri: string;
  readonly scope: string;
  readonly algorithm: string;
  /** Seconds. */
  readonly maxAge: number | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly fetch: FetchFunction;
}

/** The secrets of one login. */
export interface Transaction {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The code flow with PKCE, over openid-client, which is certified by the OpenID Foundation. */
export class ProviderClient {
  readonly #plan: ClientPlan;
  readonly #issuer: Issuer;
  #built: { readonly metadata: IssuerMetadata; readonly configuration: Configuration } | undefined;

  constructor(plan: ClientPlan, issuer: Issuer) {
    this.#plan = plan;
    this.#issuer = issuer;
  }

  async authorizationUrl(
    { state, nonce, verifier }: Transaction,
    extra: Readonly<Record<string, string>>,
  ): Promise<string> {
    const { library, configuration } = await this.#open();
    const { issuer, redirectUri, scope, maxAge } = this.#plan;
    if (configuration.serverMetadata().authorization_endpoint === undefined)
      throw errors.AUTH_ISSUER_INVALID(
        { issuer },
        { message: `${issuer}: the document names no authorization_endpoint` },
      );
    const url = library.buildAuthorizationUrl(configuration, {
      ...extra,
      ...withoutUndefined({ max_age: maxAge === undefined ? undefined : String(maxAge) }),
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await library.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    return url.href;
  }

  /**
   * The claims of the ID token, and those of userinfo if the ID token does not have the e-mail address.
   * @throws AUTH_OIDC_REJECTED, AUTH_ISSUER_UNAVAILABLE or AUTH_ISSUER_INVALID
   */
  async claims(query: string, { state, nonce, verifier }: Transaction): Promise<Record<string, unknown>> {
    const { library, configuration } = await this.#open();
    const url = new URL(this.#plan.redirectUri);
    url.search = query;
    try {
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
      const { maxAge } = this.#plan;
      const tokens = await library.authorizationCodeGrant(configuration, url, withoutUndefined({ ...checks, maxAge }));
      const claims = tokens.claims();
      if (claims === undefined) throw errors.AUTH_OIDC_REJECTED({ issuer: this.#plan.issuer });
      if (claims.email !== undefined || configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
      return { ...(await library.fetchUserInfo(configuration, tokens.access_token, claims.sub)), ...claims };
    } catch (cause) {
      throw failureOf(cause, this.#plan.issuer);
    }
  }

  async #open(): Promise<{ library: Library; configuration: Configuration }> {
    const library = await loadPeer("openid-client", () => import("openid-client"));
    const metadata = await this.#issuer.metadata();
    if (this.#built?.metadata !== metadata)
      this.#built = { metadata, configuration: this.#configure(library, metadata) };
    return { library, configuration: this.#built.configuration };
  }

  #configure(library: Library, metadata: IssuerMetadata): Configuration {
    const { clientId, clientSecret, clientAuthentication, algorithm, timeout, issuer } = this.#plan;
    const authentication =
      clientSecret === undefined
        ? library.None()
        : clientAuthentication === "client_secret_post"
          ? library.ClientSecretPost(clientSecret)
          : library.ClientSecretBasic(clientSecret);
    const client = { id_token_signed_response_alg: algorithm };
    const configuration = new library.Configuration(metadata as ServerMetadata, clientId, client, authentication);
    configuration.timeout = timeout / 1000;
    const fetch = boundedFetch(this.#plan.fetch);
    configuration[library.customFetch] = (url, options) => fetch(url, withoutUndefined(options));
    // By default, the signature of an ID token that comes straight from the provider is not looked at (OpenID Connect
    // Core 1.0, 3.1.3.7), which would leave everything to TLS.
    library.enableNonRepudiationChecks(configuration);
    if (issuer.startsWith("http:")) library.allowInsecureRequests(configuration);
    return configuration;
  }
}

// The provider's words for a request that was not understood or not from this client (RFC 6749, section 5.2).
const CONFIGURATION_ERRORS = ["invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type"];
const PASSING_ERRORS = ["server_error", "temporarily_unavailable"];

function failureOf(cause: unknown, issuer: string): Error {
  if (isSeaworthyError(cause)) return cause;
  const word = readMember(cause, "error");
  const error = typeof word === "string" ? word.slice(0, 100) : undefined;
  const context = withoutUndefined({ issuer, error });
  if (isUnreachable(cause) || (error !== undefined && PASSING_ERRORS.includes(error)))
    return errors.AUTH_ISSUER_UNAVAILABLE(context, { cause });
  const code = readMember(cause, "code");
  const isRefused = code === "OAUTH_RESPONSE_BODY_ERROR" && error !== undefined && CONFIGURATION_ERRORS.includes(error);
  if (isRefused || code === "OAUTH_WWW_AUTHENTICATE_CHALLENGE")
    return errors.AUTH_ISSUER_INVALID(context, { cause, message: `${issuer} refuses this client` });
  return errors.AUTH_OIDC_REJECTED(context, { cause });
}

/** openid-client gives a code to everything but a failed `fetch()`. The answer of a broken provider is the cause. */
function isUnreachable(cause: unknown): boolean {
  const code = readMember(cause, "code");
  const status = readMember(readMember(cause, "cause"), "status") ?? readMember(cause, "status");
  return (
    code === undefined ||
    code === "OAUTH_TIMEOUT" ||
    code === "OAUTH_ABORT" ||
    (typeof status === "number" && status > 499)
  );
}
