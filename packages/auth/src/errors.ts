import { defineErrors, type ErrorFactory } from "@seaworthy/core";

/** The codes of this package. */
export type AuthErrorCode =
  | "AUTH_INVALID_CREDENTIALS"
  | "AUTH_LOCKED"
  | "AUTH_EMAIL_UNVERIFIED"
  | "AUTH_INACTIVE"
  | "AUTH_SUSPENDED"
  | "AUTH_TOKEN_INVALID"
  | "AUTH_TOKEN_EXPIRED"
  | "AUTH_TOKEN_REVOKED"
  | "AUTH_REFRESH_REUSED"
  | "AUTH_TOTP_REQUIRED"
  | "AUTH_TOTP_INVALID"
  | "AUTH_TOTP_REPLAYED"
  | "AUTH_PASSWORD_REJECTED"
  | "AUTH_WEAK_KEY"
  | "AUTH_FORBIDDEN"
  | "AUTH_BUSY"
  | "AUTH_RATE_LIMITED"
  | "AUTH_EMAIL_TAKEN"
  | "AUTH_STORE_FAILED"
  | "AUTH_CROSS_SITE"
  | "AUTH_ISSUER_UNAVAILABLE"
  | "AUTH_ISSUER_INVALID"
  | "AUTH_OIDC_REJECTED"
  | "AUTH_IDENTITY_UNLINKED"
  | "AUTH_IDENTITY_TAKEN"
  | "AUTH_PASSKEY_REJECTED"
  | "AUTH_MAIL_FAILED"
  | "AUTH_PEER_MISSING";

/** Factories by code. What a client may learn is in the title; why it happened is in the details of events. */
export const errors: Readonly<Record<AuthErrorCode, ErrorFactory>> = defineErrors(
  {
    AUTH_INVALID_CREDENTIALS: { status: 401, title: "The e-mail address or the password is wrong" },
    AUTH_LOCKED: { status: 401, title: "The account is locked for a while", expose: false },
    AUTH_EMAIL_UNVERIFIED: { status: 403, title: "The e-mail address has not been verified" },
    AUTH_INACTIVE: { status: 403, title: "The account is not active" },
    AUTH_SUSPENDED: { status: 403, title: "The account is suspended" },
    AUTH_TOKEN_INVALID: { status: 401, title: "The token is not valid" },
    AUTH_TOKEN_EXPIRED: { status: 401, title: "The token has expired" },
    AUTH_TOKEN_REVOKED: { status: 401, title: "The token has been revoked" },
    AUTH_REFRESH_REUSED: { status: 401, title: "The refresh token was used before" },
    AUTH_TOTP_REQUIRED: { status: 401, title: "A code of the second factor is required", expose: ["method"] },
    AUTH_TOTP_INVALID: { status: 401, title: "The code of the second factor is wrong" },
    AUTH_TOTP_REPLAYED: { status: 401, title: "The code of the second factor was used before" },
    AUTH_PASSWORD_REJECTED: { status: 422, title: "The password cannot be used", expose: ["issues"] },
    AUTH_WEAK_KEY: { status: 500, title: "The key is too weak", expose: false },
    AUTH_FORBIDDEN: { status: 403, title: "The permission is missing" },
    AUTH_BUSY: { status: 503, title: "Too many logins are in progress", retryable: true },
    AUTH_RATE_LIMITED: { status: 429, title: "Too many attempts" },
    AUTH_EMAIL_TAKEN: { status: 409, title: "The e-mail address is in use" },
    AUTH_CROSS_SITE: { status: 403, title: "Pages of other sites may not send this request", stackless: true },
    AUTH_STORE_FAILED: { status: 503, title: "The accounts cannot be reached", retryable: true, expose: false },
    AUTH_ISSUER_UNAVAILABLE: {
      status: 503,
      title: "The issuer of the token cannot be reached",
      retryable: true,
      expose: false,
    },
    AUTH_ISSUER_INVALID: { status: 502, title: "The issuer answers something that cannot be used", expose: false },
    AUTH_OIDC_REJECTED: { status: 401, title: "The login at the provider cannot be used; start again" },
    AUTH_IDENTITY_UNLINKED: { status: 403, title: "No account is linked to this login" },
    AUTH_IDENTITY_TAKEN: { status: 409, title: "This login is linked to another account" },
    AUTH_PASSKEY_REJECTED: { status: 401, title: "The passkey cannot be used" },
    AUTH_MAIL_FAILED: { status: 503, title: "The mail could not be sent", retryable: true, expose: false },
    AUTH_PEER_MISSING: { status: 500, title: "An optional package is not installed", expose: false },
  },
  { owner: "@seaworthy/auth" },
);
