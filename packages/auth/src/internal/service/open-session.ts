import { randomUUID } from "node:crypto";
import { withoutUndefined } from "@seaworthy/core/objects";
import type { CookieLogin, Login } from "../../auth.ts";
import type { StoredSession, StoredUser } from "../../stores/store.ts";
import { hashSecret, randomSecret } from "../once-secret.ts";
import type { KnownClient } from "./known-client.ts";
import type { Plan } from "./plan.ts";
import { sessionView, userView } from "./views.ts";

/** How a session is carried: by tokens or by a cookie. */
export type Carrier = "tokens" | "cookie";

/** A session that was kept, with the secret that its client gets. */
export interface OpenedSession {
  readonly user: StoredUser;
  readonly session: StoredSession;
  readonly secret: string;
}

/** What a session begins with. */
export interface Opening {
  readonly user: StoredUser;
  /** The hash against which the password was compared, if one was. */
  readonly passwordHash?: string | undefined;
  readonly methods: readonly string[];
  readonly client: KnownClient;
  readonly carrier: Carrier;
}

/** Keeps a new session. `undefined` if the account was changed meanwhile so that it gets none. */
export async function openSession(plan: Plan, opening: Opening): Promise<OpenedSession | undefined> {
  const { store, sessions, clock } = plan;
  const { user, passwordHash, methods, client, carrier } = opening;
  const now = clock.now();
  const secret = randomSecret();
  const hash = hashSecret(secret);
  const session: StoredSession = {
    ...{ id: randomUUID(), userId: user.id, createdAt: now, lastUsedAt: now, authenticatedAt: now, methods },
    expiresAt: now + sessions.absolute,
    ...client,
    ...withoutUndefined({ cookieHash: carrier === "cookie" ? hash : undefined }),
  };
  const refresh = carrier === "tokens" ? { hash, createdAt: now, expiresAt: now + sessions.idle } : undefined;
  const kept = await store.createSession({ session, ...withoutUndefined({ refresh, passwordHash }) });
  return kept ? { user, session, secret } : undefined;
}

/** What the client of a session with tokens gets. */
export async function tokenLogin({ tokens, clock }: Plan, { user, session, secret }: OpenedSession): Promise<Login> {
  const { token, expiresAt } = await tokens.issue({
    subject: user.id,
    sessionId: session.id,
    methods: session.methods,
    authenticatedAt: session.authenticatedAt,
    ...withoutUndefined({ tenant: user.tenant }),
  });
  const shown = { user: userView(user, clock.now()), session: sessionView(session) };
  return { ...shown, accessToken: token, expiresAt, refreshToken: secret };
}

/** What the client of a session with a cookie gets. */
export function cookieLogin({ cookie, sessions, clock }: Plan, { user, session, secret }: OpenedSession): CookieLogin {
  const shown = { user: userView(user, clock.now()), session: sessionView(session) };
  return { ...shown, cookie: cookie.set(secret, sessions.absolute) };
}
