import type { AuditSink, Clock, Duration, Secret } from "@seaworthy/core";
import type { FetchFunction } from "../internal/oidc/bounded-fetch.ts";
import type { AuthStore } from "../stores/store.ts";

/** A login that begins. */
export interface OidcStart {
  /** Where the browser is sent. */
  readonly url: string;
  /**
   * A secret of this browser: keep it in a cookie (`HttpOnly`, `Secure`, `SameSite=Lax`) until the provider sends the browser
   * back. Without it, an attacker could have another person finish the attacker's login.
   */
  readonly binding: string;
  /** When both end, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** A login that the provider and the account have confirmed. The host opens a session for it. */
export interface OidcIdentity {
  readonly userId: string;
  readonly issuer: string;
  /** The provider's id of the user. */
  readonly subject: string;
  /** Whether the account was created by this login. */
  readonly created: boolean;
  /** Whether the provider's user was linked to the account by this login. */
  readonly linked: boolean;
  /** What `begin()` was given. */
  readonly returnTo?: string;
  /** The claims of the ID token, such as `acr`, `amr` and `auth_time`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Logs in through one outside OpenID provider. */
export interface OidcLogin {
  /**
   * Begins a login.
   *
   * @throws TypeError if `returnTo` is not a path of this site
   * @throws AUTH_ISSUER_UNAVAILABLE if the provider cannot be reached
   * @throws AUTH_ISSUER_INVALID if its metadata cannot be used
   */
  begin(options?: OidcBeginOptions): Promise<OidcStart>;
  /**
   * Finishes a login after the provider has sent the browser back. Each login can be finished once.
   *
   * @throws AUTH_OIDC_REJECTED if the answer does not belong to a login of this browser, or is not what the provider signed
   * @throws AUTH_IDENTITY_UNLINKED if no account belongs to it, and none may be created or linked
   * @throws AUTH_IDENTITY_TAKEN if the provider's user is linked to another account than the one that links
   * @throws AUTH_ISSUER_UNAVAILABLE if the provider cannot be reached
   * @throws AUTH_ISSUER_INVALID if the provider refuses this service
   */
  finish(answer: OidcAnswer): Promise<OidcIdentity>;
}

/** Options of {@link OidcLogin.begin}. */
export interface OidcBeginOptions {
  /** Where the user goes afterwards: a path of this site, up to 2048 characters. */
  returnTo?: string;
  /** The account of a user who is logged in, and links the provider to it. */
  linkTo?: string;
  /** Further parameters of the request, such as `prompt`, `login_hint`, `acr_values`. */
  parameters?: Readonly<Record<string, string>>;
}

/** What {@link OidcLogin.finish} needs. */
export interface OidcAnswer {
  /** The path and query of the request that came back, or its whole URL. */
  url: string;
  /** The cookie's value; `undefined` if the browser did not send it. */
  binding: string | undefined;
}

/** Options of {@link createOidcLogin}. */
export interface OidcLoginOptions {
  store: Pick<
    AuthStore,
    | ("putOnce" | "takeOnce" | "findUser" | "findUserByEmail")
    | ("createUser" | "findIdentity" | "linkIdentity" | "transaction")
  >;
  /** The provider, exactly as its ID tokens name it in `iss`. HTTPS, or HTTP on this machine. */
  issuer: string;
  clientId: string;
  /** @default none: a public client, protected by PKCE alone */
  clientSecret?: string | Secret;
  /** How the secret is sent. @default "client_secret_basic" */
  clientAuthentication?: "client_secret_basic" | "client_secret_post";
  /** Where the provider sends the browser back to, as it is registered there. HTTPS, or HTTP on this machine. */
  redirectUri: string;
  /** @default ["openid", "email"] */
  scopes?: readonly string[];
  /** The algorithm of the provider's ID tokens. @default "RS256" */
  algorithm?: string;
  /**
   * Whether a user of the provider whose e-mail address the provider has verified gets an account, if none has this address.
   * @default true
   */
  createAccounts?: boolean;
  /**
   * Whether such a user is linked to the account that has this address, if the account has verified it too. The provider can
   * then log in to every such account, so it is for a provider that is trusted with all of them. @default false
   */
  linkByEmail?: boolean;
  /** Keeps an entry about each login; what it does not keep does not happen. @default none */
  audit?: AuditSink;
  /** How long a login may take, up to one hour. @default "10m" */
  stateFor?: Duration;
  /** How long ago the user may have logged in to the provider; the provider asks again if it was earlier. @default any time */
  maxAge?: Duration;
  /** How long the provider's metadata is used without being loaded again. @default "10m" */
  cacheFor?: Duration;
  /** How long it is used if the provider cannot be reached. @default "24h" */
  staleFor?: Duration;
  /** The least time between two loads. @default "10s" */
  cooldown?: Duration;
  /** How long the provider may take to answer. @default "5s" */
  timeout?: Duration;
  /** Makes the requests. @default the platform's `fetch` */
  fetch?: FetchFunction;
  /** Tells when logins that have begun end. The times in ID tokens are always compared with the machine's. @default systemClock */
  clock?: Clock;
}
