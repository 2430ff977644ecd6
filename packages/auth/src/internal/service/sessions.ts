import { isSeaworthyError } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { checkOptions } from "@seaworthy/core/options";
import type { Auth, AuthPrincipal, ClientFacts, Login } from "../../auth.ts";
import { errors } from "../../errors.ts";
import type { SessionOfUser } from "../../stores/store.ts";
import { endEvent, refusedEvent } from "../../telemetry.ts";
import { hashSecret, randomSecret } from "../once-secret.ts";
import { knownClient } from "./known-client.ts";
import type { Plan } from "./plan.ts";
import { exchangeRefresh } from "./refresh.ts";
import { principalOf, sessionView } from "./views.ts";

type Sessions = Pick<
  Auth,
  "refresh" | "authenticate" | "renewCookie" | "clearCookie" | "logout" | "logoutAll" | "sessions" | "revoke"
>;

/** Sessions that are open. */
export function openSessions(plan: Plan): Sessions {
  const { store, tokens, journal, cookie, sessions, clock } = plan;
  return {
    refresh: (token: string, client: ClientFacts = {}): Promise<Login> => {
      checkOptions("refresh: client", client, ["ip", "userAgent", "device"]);
      return exchangeRefresh(plan, token, knownClient(client));
    },
    authenticate: (accessToken) => authenticateToken(plan, accessToken, knownClient().address),
    renewCookie: (sessionId) => renewCookie(plan, sessionId),
    clearCookie: () => cookie.clear(),
    async logout(sessionId, { userId } = {}) {
      const found = await store.findSession(sessionId);
      const subject = found?.user.id;
      const note = { operation: "logout", subject, data: { session: sessionId } };
      if (found === undefined || (userId !== undefined && userId !== subject)) {
        await journal.refused(note, "unknown_session", "failure");
        return false;
      }
      const ended = await journal.kept(note, () => store.endSession(sessionId, clock.now(), "logout"));
      if (ended) endEvent.emit({ by: "logout" });
      return ended;
    },
    async logoutAll(userId, { except } = {}) {
      const note = { operation: "logout_all", subject: userId };
      const ended = await journal.kept(note, () => store.endSessions(userId, clock.now(), "logout-all", except));
      if (ended.length > 0) endEvent.emit({ by: "logout-all" }, ended.length);
      return ended.length;
    },
    async sessions(userId) {
      const now = clock.now();
      const open = await store.sessions(userId, now);
      return open.filter(({ lastUsedAt }) => now - lastUsedAt <= sessions.idle).map(sessionView);
    },
    async revoke(accessToken) {
      const operation = "revoke_token";
      const { jti, expiresAt, subject } = await journal.step({ operation }, () => tokens.verify(accessToken));
      const note = { operation, subject, data: { token: jti } };
      await journal.kept(note, () => store.revokeToken(jti, expiresAt));
    },
  };
}

/**
 * The principal of an access token.
 *
 * @throws AUTH_TOKEN_INVALID, AUTH_TOKEN_EXPIRED, AUTH_TOKEN_REVOKED
 */
export async function authenticateToken(
  plan: Plan,
  accessToken: string,
  address: string | undefined,
): Promise<AuthPrincipal> {
  const { store, tokens } = plan;
  try {
    const { sessionId, subject, jti } = await tokens.verify(accessToken);
    if (sessionId === undefined) throw errors.AUTH_TOKEN_INVALID();
    const found = await store.findSession(sessionId, jti);
    if (found === undefined || found.revoked || found.user.id !== subject) throw errors.AUTH_TOKEN_REVOKED();
    return await usedSession(plan, found, address);
  } catch (error) {
    if (refusedEvent.active) refusedEvent.emit({ carrier: "bearer", reason: reasonOf(error) });
    throw error;
  }
}

const reasonOf = (error: unknown): string => (isSeaworthyError(error) ? error.code : "error");

/**
 * The principal of a session that is open, whose last use is written down.
 *
 * @throws AUTH_TOKEN_REVOKED if it has ended, or the account is not active
 * @throws AUTH_TOKEN_EXPIRED if it was not used for too long, or is too old
 */
export async function usedSession(
  plan: Plan,
  { session, user }: SessionOfUser,
  address: string | undefined,
): Promise<AuthPrincipal> {
  const { store, sessions, clock } = plan;
  const now = clock.now();
  if (session.endedAt !== undefined || user.status !== "active") throw errors.AUTH_TOKEN_REVOKED();
  if (session.expiresAt <= now || now - session.lastUsedAt > sessions.idle) throw errors.AUTH_TOKEN_EXPIRED();
  if (now - session.lastUsedAt >= sessions.touchEvery) await store.touchSession(session.id, now, address);
  return principalOf(session, user);
}

/** Gives a session with a cookie another secret; `undefined` if it has ended, or has no cookie. */
async function renewCookie(
  { store, cookie, clock }: Plan,
  sessionId: string,
  userId?: string,
): Promise<string | undefined> {
  const found = await store.findSession(sessionId);
  if (found?.session.cookieHash === undefined || (userId !== undefined && found.user.id !== userId)) return undefined;
  const secret = randomSecret();
  if (!(await store.updateSession(sessionId, { cookieHash: hashSecret(secret) }))) return undefined;
  return cookie.set(secret, found.session.expiresAt - clock.now());
}

/** A new cookie for a session of an account, after a change of its rights. */
export async function cookieAfterChange(
  plan: Plan,
  userId: string,
  sessionId: string | undefined,
): Promise<{ readonly cookie?: string }> {
  if (sessionId === undefined) return {};
  return withoutUndefined({ cookie: await renewCookie(plan, sessionId, userId) });
}
