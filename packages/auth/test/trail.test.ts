import type { AuditEntry } from "@seaworthy/core";
import { expect, test } from "vitest";
import type { Auth } from "../src/auth.ts";
import { type TestAuth, testAuth, testTotpCode } from "../src/testing.ts";

const credentials = { email: "ada@example.com", password: "correct horse battery staple" };
const NEXT = "another quite long passphrase";

/** What an operation is tried with. */
interface Place extends TestAuth {
  readonly userId: string;
  readonly tokens: Awaited<ReturnType<Auth["login"]>>;
  /** A confirmed authenticator app; its codes are of the present step. */
  readonly enrolled: () => Promise<() => string>;
}

type Try = (place: Place) => Promise<unknown>;

/** How each operation succeeds, and how it fails or is refused. */
const OPERATIONS: Readonly<Record<string, readonly [succeed: Try, fail: Try]>> = {
  register: [
    ({ auth }) => auth.register({ email: "bob@example.com", password: NEXT }),
    ({ auth }) => auth.register({ email: "bob@example.com", password: "short" }),
  ],
  verify_email: [
    async ({ auth, mails }) => {
      await auth.register({ email: "bob@example.com", password: NEXT });
      return auth.verifyEmail(await mails.nextToken("verify-email"));
    },
    ({ auth }) => auth.verifyEmail("unknown"),
  ],
  request_email_verification: [
    ({ auth }) => auth.requestEmailVerification({ email: credentials.email }),
    ({ auth }) => auth.requestEmailVerification({ email: credentials.email, ip: "192.0.2.66" }),
  ],
  login: [({ auth }) => auth.login(credentials), ({ auth }) => auth.login({ ...credentials, password: "wrong" })],
  refresh: [({ auth, tokens }) => auth.refresh(tokens.refreshToken), ({ auth }) => auth.refresh("unknown")],
  logout: [({ auth, tokens }) => auth.logout(tokens.session.id), ({ auth }) => auth.logout("unknown")],
  revoke_token: [({ auth, tokens }) => auth.revoke(tokens.accessToken), ({ auth }) => auth.revoke("forged")],
  change_password: [
    ({ auth, userId }) => auth.changePassword({ userId, current: credentials.password, password: NEXT }),
    ({ auth, userId }) => auth.changePassword({ userId, current: credentials.password, password: "short" }),
  ],
  request_password_reset: [
    ({ auth }) => auth.requestPasswordReset({ email: credentials.email }),
    ({ auth }) => auth.requestPasswordReset({ email: credentials.email, ip: "192.0.2.66" }),
  ],
  reset_password: [
    async ({ auth, mails }) => {
      await auth.requestPasswordReset({ email: credentials.email });
      return auth.resetPassword({ token: await mails.nextToken("reset-password"), password: NEXT });
    },
    async ({ auth, mails }) => {
      await auth.requestPasswordReset({ email: credentials.email });
      return auth.resetPassword({ token: await mails.nextToken("reset-password"), password: "short" });
    },
  ],
  set_status: [({ auth, userId }) => auth.setStatus(userId, "inactive"), ({ auth }) => auth.setStatus("x", "inactive")],
  set_roles: [({ auth, userId }) => auth.setRoles(userId, ["a"]), ({ auth }) => auth.setRoles("x", ["a"])],
  delete_user: [({ auth, userId }) => auth.deleteUser(userId), ({ auth }) => auth.deleteUser("x")],
  enrol_totp: [({ auth, userId }) => auth.enrolTotp(userId), ({ auth }) => auth.enrolTotp("x")],
  confirm_totp: [({ enrolled }) => enrolled(), ({ auth, userId }) => auth.confirmTotp(userId, "000000")],
  disable_totp: [
    async ({ auth, userId, enrolled }) => auth.disableTotp(userId, (await enrolled())()),
    ({ auth, userId }) => auth.disableTotp(userId, "000000"),
  ],
  renew_recovery_codes: [
    async ({ auth, userId, enrolled }) => auth.renewRecoveryCodes(userId, (await enrolled())()),
    ({ auth, userId }) => auth.renewRecoveryCodes(userId, "000000"),
  ],
};

/** The outcomes of the entries about an operation that one try leaves. */
async function outcomesOf(operation: string, attempt: Try): Promise<readonly string[]> {
  const entries: AuditEntry[] = [];
  const limiter = {
    consume: async (key: string) => {
      const allowed = !key.includes("192.0.2.66");
      return { allowed, limit: 1, remaining: 0, resetAfter: 0, retryAfter: 0 };
    },
  };
  const t = await testAuth({ mail: true, limiter, audit: { record: async (entry) => void entries.push(entry) } });
  const { auth, clock, mails } = t;
  await auth.register(credentials);
  const { id: userId } = await auth.verifyEmail(await mails.nextToken("verify-email"));
  const enrolled = async (): Promise<() => string> => {
    const { secret } = await auth.enrolTotp(userId);
    await auth.confirmTotp(userId, testTotpCode(secret, clock.now()));
    await clock.advance("30s");
    return () => testTotpCode(secret, clock.now());
  };
  const place = { ...t, userId, tokens: await auth.login(credentials), enrolled };
  entries.length = 0;
  await attempt(place).catch(() => undefined);
  await auth.close();
  return entries.filter(({ type }) => type === `auth.${operation}`).map(({ outcome }) => outcome);
}

test.each(Object.entries(OPERATIONS))(
  "%s leaves one entry in the trail, for success and for failure",
  async (operation, [succeed, fail]) => {
    expect(await outcomesOf(operation, succeed)).toEqual(["success"]);
    const failed = await outcomesOf(operation, fail);
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatch(/^(failure|denied)$/);
  },
);
