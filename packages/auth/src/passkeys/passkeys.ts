import type { AuditSink, Clock, Duration } from "@seaworthy/core";
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/server";
import type { AuthStore } from "../stores/store.ts";

/** Options for the browser, with a challenge that can be answered once. */
export interface PasskeyChallenge<O> {
  /** For `PublicKeyCredential.parseCreationOptionsFromJSON()` or `parseRequestOptionsFromJSON()`. */
  readonly options: O;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** Whose passkey it will be. */
export interface PasskeyOwner {
  /** Id of the account, up to 64 bytes. It is kept in the passkey, so it must not be an e-mail address or a name. */
  userId: string;
  /** What the browser shows to tell accounts apart, such as the e-mail address. */
  userName: string;
  /** @default userName */
  displayName?: string;
}

/** A passkey of an account. */
export interface PasskeyRecord {
  readonly id: string;
  readonly name: string;
  /** Whether it is also kept elsewhere, such as in the cloud of the browser's maker. */
  readonly backedUp: boolean;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

/** A login that a passkey has confirmed. The host opens a session for it. */
export interface PasskeyLogin {
  readonly userId: string;
  readonly passkeyId: string;
  /**
   * What was shown, by RFC 8176: `"hwk"` for a key that cannot leave its device and `"swk"` for one that can; `"user"` if the
   * device has verified the person, by a fingerprint or a PIN.
   */
  readonly methods: readonly string[];
}

/** Registers passkeys and logs in with them. */
export interface Passkeys {
  /**
   * Begins a registration. Call it for a user who is logged in, and who has shown a password or another passkey lately.
   *
   * @throws TypeError if the owner is malformed
   * @throws AUTH_PASSKEY_REJECTED if the account has as many passkeys as it may have
   */
  beginRegistration(owner: PasskeyOwner): Promise<PasskeyChallenge<PublicKeyCredentialCreationOptionsJSON>>;
  /**
   * Keeps the passkey.
   *
   * @param userId - the account that is logged in
   * @param response - what the browser returned, as JSON
   * @throws AUTH_PASSKEY_REJECTED if it does not answer a challenge of this account, or is not a passkey of this site
   */
  finishRegistration(userId: string, response: unknown, options?: { name?: string }): Promise<PasskeyRecord>;
  /** Begins a login. The browser lets the user choose among the passkeys of this site, so no account is named. */
  beginLogin(): Promise<PasskeyChallenge<PublicKeyCredentialRequestOptionsJSON>>;
  /**
   * Finishes a login.
   *
   * @param response - what the browser returned, as JSON
   * @throws AUTH_PASSKEY_REJECTED if it does not answer a challenge, or the signature or the counter is wrong
   */
  finishLogin(response: unknown): Promise<PasskeyLogin>;
  /** The passkeys of an account. */
  list(userId: string): Promise<readonly PasskeyRecord[]>;
  /** Removes a passkey of an account. Resolves with `false` if it has none with this id. */
  remove(userId: string, id: string): Promise<boolean>;
}

/** Options of {@link createPasskeys}. */
export interface PasskeysOptions {
  store: Pick<
    AuthStore,
    | ("putOnce" | "takeOnce" | "createPasskey" | "findPasskey")
    | ("passkeys" | "usePasskey" | "deletePasskey" | "transaction")
  >;
  /** The domain that passkeys belong to, such as `"example.com"`; they work on its subdomains too. It cannot be changed later. */
  domain: string;
  /** The name of the service, which browsers show. */
  name: string;
  /** The origins of the pages that use passkeys. @default `https://` and the domain */
  origins?: readonly string[];
  /**
   * Whether the device has to verify the person: with `"required"`, a passkey counts as two factors. @default "required"
   */
  userVerification?: "required" | "preferred";
  /** How long the user may take, up to one hour. @default "5m" */
  challengeFor?: Duration;
  /** How many passkeys an account may have, 1 to 100. @default 20 */
  limit?: number;
  /**
   * Keeps an entry about each registration, login and removal; what it does not keep does not happen. @default none
   */
  audit?: AuditSink;
  /** @default systemClock */
  clock?: Clock;
}
