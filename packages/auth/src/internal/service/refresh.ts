import type { SeaworthyError } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import type { Login } from "../../auth.ts";
import { errors } from "../../errors.ts";
import type { StoredRefresh } from "../../stores/store.ts";
import { endEvent, refreshEvent } from "../../telemetry.ts";
import { derivedSecret, hashSecret, randomSecret } from "../once-secret.ts";
import { judge } from "./anomalies.ts";
import type { KnownClient } from "./known-client.ts";
import { tokenLogin } from "./open-session.ts";
import type { Plan } from "./plan.ts";

const LONGEST_TOKEN = 128;

/** The token that follows. Its salt is in the store, so that a repeated exchange within the grace finds the same one. */
const successorOf = (token: string, salt: string): string => derivedSecret(token, `refresh successor ${salt}`);

/** Exchanges a refresh token. */
export async function exchangeRefresh(plan: Plan, token: string, client: KnownClient): Promise<Login> {
  const { store, sessions, clock } = plan;
  if (typeof token !== "string" || token === "" || token.length > LONGEST_TOKEN)
    throw await refused(plan, "malformed", undefined, client);
  const now = clock.now();
  const salt = randomSecret();
  const next = { hash: hashSecret(successorOf(token, salt)), salt, createdAt: now, expiresAt: now + sessions.idle };
  const rotation = await store.rotateRefresh(hashSecret(token), next, now, sessions.grace);
  if (rotation.outcome === "unknown") throw await refused(plan, "unknown", undefined, client);
  const { outcome, refresh } = rotation;
  if (outcome === "reused") await endFamily(plan, refresh, client);
  if (outcome === "reused" || outcome === "expired") throw await refused(plan, outcome, refresh, client);
  const found = await store.findSession(refresh.sessionId);
  if (found === undefined || found.session.endedAt !== undefined || found.user.status !== "active")
    throw await refused(plan, "expired", refresh, client);
  if (now - found.session.lastUsedAt > sessions.idle) throw await refused(plan, "expired", refresh, client);
  await store.touchSession(refresh.sessionId, now, client.address);
  const { session, user } = found;
  const used = { ...session, lastUsedAt: now, ...withoutUndefined({ address: client.address ?? session.address }) };
  const secret = successorOf(token, refresh.successorSalt ?? salt);
  const login = await tokenLogin(plan, { user, session: used, secret });
  const data = { session: session.id, outcome };
  await plan.journal.succeeded({ operation: "refresh", actor: user.id, subject: user.id, client, data });
  if (refreshEvent.active) refreshEvent.emit({ outcome }, undefined, { user: user.id, session: session.id });
  return login;
}

/** A token that comes back after its grace is in two hands: neither keeps the session. */
async function endFamily(plan: Plan, { sessionId, userId }: StoredRefresh, client: KnownClient): Promise<void> {
  const { store, clock } = plan;
  if (await store.endSession(sessionId, clock.now(), "refresh-reused")) endEvent.emit({ by: "refresh-reused" });
  const user = await store.findUser(userId);
  if (user !== undefined) await judge(plan, ["refresh-reused"], user, client);
}

type Refusal = "malformed" | "unknown" | "expired" | "reused";

/** Keeps the refusal. Resolves with the error that the client gets. */
async function refused(
  { journal }: Plan,
  outcome: Refusal,
  refresh: StoredRefresh | undefined,
  client: KnownClient,
): Promise<SeaworthyError> {
  const details = withoutUndefined({ user: refresh?.userId, session: refresh?.sessionId, address: client.address });
  if (refreshEvent.active) refreshEvent.emit({ outcome }, undefined, details);
  const data = { session: refresh?.sessionId };
  await journal.refused({ operation: "refresh", subject: refresh?.userId, client, data }, outcome);
  if (outcome === "reused") return errors.AUTH_REFRESH_REUSED();
  return outcome === "expired" ? errors.AUTH_TOKEN_EXPIRED() : errors.AUTH_TOKEN_INVALID();
}
