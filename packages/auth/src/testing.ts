import { createHash, generateKeyPairSync } from "node:crypto";
import { type Clock, systemClock } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { fromBase32 } from "@seaworthy/core/otp";
import { type ManualClock, manualClock } from "@seaworthy/core/testing";
import type { Auth } from "./auth.ts";
import type { AuthLinks, AuthOptions } from "./auth-options.ts";
import { createAuth } from "./create-auth.ts";
import type { Mailer } from "./mailers/mailer.ts";
import { createPasswords } from "./passwords/create-passwords.ts";
import type { Passwords } from "./passwords/passwords.ts";
import { memoryAuthStore } from "./stores/memory-store.ts";
import type { AuthStore } from "./stores/store.ts";
import { createKeyRing } from "./tokens/create-key-ring.ts";
import { createTokens } from "./tokens/create-tokens.ts";
import type { Tokens } from "./tokens/tokens.ts";
import { generateTotp } from "./totp/totp.ts";

/** A mail that was sent. */
export type CapturedMail = Parameters<Mailer["send"]>[0];

/** Mails that were sent, for tests. */
export interface CapturedMails extends Mailer {
  readonly mails: readonly CapturedMail[];
  /** Resolves with the oldest mail of this purpose that was not asked for yet, once it was sent. */
  next(purpose: string): Promise<CapturedMail>;
  /** The token of the link, or the code, of the next mail of this purpose. */
  nextToken(purpose: string): Promise<string>;
}

/** Links whose token {@link CapturedMails.nextToken} finds. */
export const testLinks: AuthLinks = {
  verifyEmail: (token) => `https://test.example/verify#${token}`,
  resetPassword: (token) => `https://test.example/reset#${token}`,
};

/**
 * A mailer that keeps mails in memory.
 *
 * @example
 * ```ts
 * import { captureMails } from "@seaworthy/auth/testing";
 * const mails = captureMails();
 * await mails.send({ to: "ada@example.com", subject: "Hello", text: "https://x.example/#abc", purpose: "verify-email" });
 * console.log(await mails.nextToken("verify-email")); // abc
 * ```
 */
export function captureMails(): CapturedMails {
  const mails: CapturedMail[] = [];
  const asked = new Set<CapturedMail>();
  const waiting: { purpose: string; resolve: (mail: CapturedMail) => void }[] = [];
  const next = (purpose: string): Promise<CapturedMail> => {
    const found = mails.find((mail) => mail.purpose === purpose && !asked.has(mail));
    if (found === undefined) return new Promise((resolve) => void waiting.push({ purpose, resolve }));
    asked.add(found);
    return Promise.resolve(found);
  };
  return {
    mails,
    async send(mail) {
      mails.push(mail);
      const at = waiting.findIndex(({ purpose }) => purpose === mail.purpose);
      const [waiter] = at < 0 ? [] : waiting.splice(at, 1);
      if (waiter === undefined) return;
      asked.add(mail);
      waiter.resolve(mail);
    },
    next,
    async nextToken(purpose) {
      const { text } = await next(purpose);
      const [, token] = /#([\w-]+)|\b(\d{6})\b/.exec(text) ?? [];
      return token ?? /\b\d{6}\b/.exec(text)?.[0] ?? "";
    },
  };
}

/** Passwords whose hashes cost nothing, for tests. They are checked like real ones, and protect nothing. */
export function cheapPasswords(): Passwords {
  const real = createPasswords();
  const hashOf = (password: string): string =>
    `$cheap$${createHash("sha256").update(password.normalize("NFKC")).digest("base64url")}`;
  return {
    check: (password, owner) => real.check(password, owner),
    hash: async (password) => hashOf(password),
    verify: async (hash, password) => ({
      ok: hash !== undefined && typeof password === "string" && hash === hashOf(password),
      needsRehash: false,
    }),
    needsRehash: () => false,
  };
}

/** What {@link testAuth} made. */
export interface TestAuth {
  readonly auth: Auth;
  readonly store: AuthStore;
  /** Moves only when told, unless a clock was given. */
  readonly clock: ManualClock;
  /** Empty if the service was made without a mailer. */
  readonly mails: CapturedMails;
}

/** Options of {@link testAuth}: those of `createAuth`, none of which is needed. */
export interface TestAuthOptions extends Partial<Omit<AuthOptions, "clock" | "mailer" | "links">> {
  /** Whether mails are sent, and accounts are pending until their address is verified. @default false */
  mail?: boolean;
}

/**
 * A service for tests: accounts in memory, cheap hashes, a manual clock, mails that are kept.
 *
 * @throws TypeError if an option is malformed
 * @example
 * ```ts
 * import { testAuth } from "@seaworthy/auth/testing";
 * const { auth, clock } = await testAuth();
 * await auth.register({ email: "ada@example.com", password: "correct horse battery staple" });
 * const { refreshToken } = await auth.login({ email: "ada@example.com", password: "correct horse battery staple" });
 * await clock.advance("8d");
 * await auth.refresh(refreshToken).catch((error) => console.log(error.code)); // AUTH_TOKEN_EXPIRED
 * ```
 */
export async function testAuth(options: TestAuthOptions = {}): Promise<TestAuth> {
  const { mail = false, ...rest } = options;
  const clock = manualClock();
  const mails = captureMails();
  const store = rest.store ?? memoryAuthStore();
  const auth = createAuth({
    tokens: testTokens(clock),
    passwords: cheapPasswords(),
    totp: { issuer: "Test", key: "a key of at least 32 bytes for tests only" },
    ...withoutUndefined({ mailer: mail ? mails : undefined, links: mail ? testLinks : undefined }),
    ...rest,
    store,
    clock,
  });
  return { auth, store, clock, mails };
}

/** Access tokens with a new Ed25519 key, for tests. */
export function testTokens(clock: Clock = systemClock): Tokens {
  const { privateKey } = generateKeyPairSync("ed25519");
  const keys = createKeyRing({ keys: [{ key: privateKey }], clock });
  return createTokens({ issuer: "https://test.example", audience: "test", keys, clock });
}

/** The code that an authenticator app with this secret (base32) shows. */
export function testTotpCode(secret: string, now: number): string {
  return generateTotp(new Uint8Array(fromBase32(secret) ?? []), { now });
}
