export type { FetchFunction } from "./internal/oidc/bounded-fetch.ts";
export { createOidcLogin } from "./oidc/create-oidc-login.ts";
export { createTokenVerifier } from "./oidc/create-token-verifier.ts";
export type {
  OidcAnswer,
  OidcBeginOptions,
  OidcIdentity,
  OidcLogin,
  OidcLoginOptions,
  OidcStart,
} from "./oidc/oidc-login.ts";
export type { BearerRequest, OutsideToken, TokenVerifier, TokenVerifierOptions } from "./oidc/token-verifier.ts";
