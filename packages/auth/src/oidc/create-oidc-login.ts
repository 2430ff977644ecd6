import { type Clock, isSecret, type Secret } from "@seaworthy/core";
import { isObject, withoutUndefined } from "@seaworthy/core/objects";
import {
  boundedString,
  checkOptions,
  finiteNumber,
  flag,
  oneOf,
  positiveDuration,
  requiredFunction,
  showValue,
} from "@seaworthy/core/options";
import { errors } from "../errors.ts";
import { type AccountPlan, type FoundAccount, findAccount, linkAccount } from "../internal/oidc/find-account.ts";
import { Issuer } from "../internal/oidc/issuer.ts";
import { ISSUER_OPTIONS, issuerPlan } from "../internal/oidc/issuer-options.ts";
import { protectedUrl } from "../internal/oidc/issuer-url.ts";
import { ProviderClient, type Transaction } from "../internal/oidc/provider-client.ts";
import { algorithmsOption } from "../internal/oidc/signing-algorithms.ts";
import { derivedSecret, hashSecret, randomSecret } from "../internal/once-secret.ts";
import { Journal, reasonOf } from "../internal/service/journal.ts";
import { knownClient } from "../internal/service/known-client.ts";
import { oidcLoginEvent } from "../telemetry.ts";
import type {
  OidcAnswer,
  OidcBeginOptions,
  OidcIdentity,
  OidcLogin,
  OidcLoginOptions,
  OidcStart,
} from "./oidc-login.ts";

const OPTIONS = [
  ...ISSUER_OPTIONS.filter((name) => name !== "jwksUri"),
  ...["store", "clientId", "clientSecret", "clientAuthentication", "redirectUri", "scopes", "algorithm"],
  ...["createAccounts", "linkByEmail", "audit", "stateFor", "maxAge"],
];
const STORE = [
  ...(["putOnce", "takeOnce", "findUser", "findUserByEmail"] as const),
  ...(["createUser", "findIdentity", "linkIdentity", "transaction"] as const),
];
const PURPOSE = "oidc-login";
const OPERATION = "provider_login";
const LONGEST_STATE = 3_600_000;
const LONGEST_ANSWER = 8192;
/** Parameters of the request that belong to the flow. */
const FIXED = [
  ...["client_id", "response_type", "response_mode", "redirect_uri", "scope", "state", "nonce", "max_age"],
  ...["code_challenge", "code_challenge_method", "request", "request_uri"],
];

/**
 * Login through an outside OpenID provider: the code flow with PKCE, `state` and `nonce`, and the parameter `iss` of RFC 9207. It
 * needs the package `openid-client`.
 *
 * It says which account logged in. The host opens a session for this account.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { memoryAuthStore } from "@seaworthy/auth";
 * import { createOidcLogin } from "@seaworthy/auth/oidc";
 * const login = createOidcLogin({
 *   store: memoryAuthStore(),
 *   issuer: "https://login.example.com",
 *   clientId: "shop",
 *   redirectUri: "https://shop.example.com/login/back",
 * });
 * await login.finish({ url: "/login/back?code=1&state=2", binding: undefined }).catch(({ code }) => console.log(code));
 * // AUTH_OIDC_REJECTED
 * ```
 */
export function createOidcLogin(options: OidcLoginOptions): OidcLogin {
  checkOptions("createOidcLogin", options, OPTIONS);
  const { store, scopes = ["openid", "email"], createAccounts = true, linkByEmail = false } = options;
  for (const method of STORE) requiredFunction(`store.${method}`, store?.[method]);
  if (options.audit !== undefined) requiredFunction("audit.record", options.audit?.record);
  const plan = issuerPlan(options);
  const [algorithm = "RS256"] = algorithmsOption("algorithm", [options.algorithm ?? "RS256"]);
  const stateFor = positiveDuration("stateFor", options.stateFor ?? "10m");
  const { clientAuthentication = "client_secret_basic", maxAge } = options;
  const client = new ProviderClient(
    {
      issuer: plan.issuer,
      clientId: boundedString("clientId", options.clientId),
      clientSecret: secretOption(options.clientSecret),
      clientAuthentication: oneOf("clientAuthentication", clientAuthentication, [
        "client_secret_basic",
        "client_secret_post",
      ]),
      redirectUri: protectedUrl("redirectUri", options.redirectUri).href,
      scope: scopeOption(scopes),
      algorithm,
      maxAge: maxAge === undefined ? undefined : Math.floor(positiveDuration("maxAge", maxAge) / 1000),
      timeout: plan.timeout,
      fetch: plan.fetch,
    },
    new Issuer(plan),
  );
  const accounts = {
    store,
    issuer: plan.issuer,
    createAccounts: flag("createAccounts", createAccounts),
    linkByEmail: flag("linkByEmail", linkByEmail),
  };
  return new Login({
    client,
    accounts,
    journal: new Journal(store, options.audit),
    stateFor: finiteNumber("stateFor in milliseconds", stateFor, 1, LONGEST_STATE),
    clock: plan.clock,
  });
}

/** The value is a credential, so the error does not show it. */
function secretOption(value: string | Secret | undefined): string | undefined {
  const text: unknown = isSecret(value) ? value.reveal() : value;
  if (text === undefined) return undefined;
  if (typeof text !== "string" || text === "" || text.length > 1024)
    throw new TypeError("clientSecret must be a string or a secret of 1 to 1024 characters");
  return text;
}

function scopeOption(scopes: unknown): string {
  // RFC 6749, section 3.3.
  const isScope = (scope: unknown): boolean => typeof scope === "string" && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope);
  if (!Array.isArray(scopes) || !scopes.every(isScope) || !scopes.includes("openid"))
    throw new TypeError(`scopes must be an array of scopes with "openid"; got ${showValue(scopes)}`);
  return scopes.join(" ");
}

interface LoginPlan {
  readonly client: ProviderClient;
  readonly accounts: AccountPlan;
  readonly journal: Journal;
  readonly stateFor: number;
  readonly clock: Clock;
}

class Login implements OidcLogin {
  readonly #plan: LoginPlan;

  constructor(plan: LoginPlan) {
    this.#plan = plan;
  }

  async begin(options: OidcBeginOptions = {}): Promise<OidcStart> {
    checkOptions("begin", options, ["returnTo", "linkTo", "parameters"]);
    const { returnTo, linkTo, parameters = {} } = options;
    if (returnTo !== undefined) checkPath(returnTo);
    if (linkTo !== undefined) boundedString("linkTo", linkTo, 1, 200);
    checkParameters(parameters);
    const { client, accounts, stateFor, clock } = this.#plan;
    const state = randomSecret();
    const binding = randomSecret();
    const url = await client.authorizationUrl(transactionOf(state, binding), parameters);
    const expiresAt = clock.now() + stateFor;
    const data = withoutUndefined({ issuer: accounts.issuer, returnTo, linkTo });
    await accounts.store.putOnce({ hash: keyOf(state, binding), purpose: PURPOSE, expiresAt, data });
    return { url, binding, expiresAt };
  }

  async finish(answer: OidcAnswer): Promise<OidcIdentity> {
    const { issuer } = this.#plan.accounts;
    try {
      const identity = await this.#finish(answer);
      if (oidcLoginEvent.active) oidcLoginEvent.emit({ outcome: "ok" }, undefined, { issuer, user: identity.userId });
      return identity;
    } catch (error) {
      if (oidcLoginEvent.active) oidcLoginEvent.emit({ outcome: "failed" }, undefined, { issuer, error });
      const note = { operation: OPERATION, client: knownClient(), data: { issuer } };
      await this.#plan.journal.refused(note, reasonOf(error));
      throw error;
    }
  }

  async #finish({ url, binding }: OidcAnswer): Promise<OidcIdentity> {
    const { client, accounts, clock } = this.#plan;
    const query = queryOf(url);
    const state = query?.get("state") ?? undefined;
    if (query === undefined || state === undefined || typeof binding !== "string" || binding.length > 200)
      throw rejected(accounts.issuer, "the state or the cookie is missing");
    const begun = await accounts.store.takeOnce(keyOf(state, binding), PURPOSE, clock.now());
    if (begun === undefined)
      throw rejected(accounts.issuer, "this browser has not begun this login, or it took too long");
    const { issuer, returnTo, linkTo } = begun.data ?? {};
    // Two providers may share a store and a redirect URI.
    if (issuer !== accounts.issuer) throw rejected(accounts.issuer, "the login was begun at another provider");
    const claims = await client.claims(query.toString(), transactionOf(state, binding));
    const account = await accounts.store.transaction(async () => {
      const found: FoundAccount =
        typeof linkTo === "string"
          ? await linkAccount(accounts, claims, linkTo)
          : await findAccount(accounts, claims, clock.now());
      const { userId, created, linked } = found;
      const data = { issuer: accounts.issuer, created, linked };
      await this.#plan.journal.succeeded({ operation: OPERATION, actor: userId, client: knownClient(), data });
      return found;
    });
    const back = typeof returnTo === "string" ? returnTo : undefined;
    return withoutUndefined({
      ...account,
      issuer: accounts.issuer,
      subject: String(claims.sub),
      returnTo: back,
      claims,
    });
  }
}

/** The store alone does not tell the secrets of a login: they follow from what the browser keeps. */
function transactionOf(state: string, binding: string): Transaction {
  return { state, nonce: derivedSecret(binding, "nonce"), verifier: derivedSecret(binding, "verifier") };
}

function keyOf(state: string, binding: string): string {
  return hashSecret(`${state}.${binding}`);
}

function rejected(issuer: string, reason: string): Error {
  return errors.AUTH_OIDC_REJECTED({ issuer, reason });
}

function queryOf(url: unknown): URLSearchParams | undefined {
  if (typeof url !== "string" || url.length > LONGEST_ANSWER || !URL.canParse(url, "http://localhost"))
    return undefined;
  return new URL(url, "http://localhost").searchParams;
}

/** Anything else could lead to another site: `//host`, `/\host`, and tabs or line ends that browsers leave out. */
function checkPath(value: unknown): void {
  if (typeof value === "string" && value.length <= 2048 && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(value)) return;
  throw new TypeError(`returnTo must be a path of this site, such as "/orders"; got ${showValue(value)}`);
}

function checkParameters(parameters: unknown): void {
  const sound = isObject(parameters) && Object.values(parameters).every((value) => typeof value === "string");
  if (!sound) throw new TypeError(`parameters must be an object of strings; got ${showValue(parameters)}`);
  const fixed = Object.keys(parameters).find((name) => FIXED.includes(name));
  if (fixed !== undefined) throw new TypeError(`parameters must not have ${fixed}, which the flow sets`);
}
