import type { Rotation } from "../stores/store.ts";

/** What decides about the exchange of a refresh token. */
export interface Exchange {
  readonly refresh: { readonly usedAt?: number; readonly expiresAt: number };
  readonly session: { readonly endedAt?: number; readonly expiresAt: number };
  readonly successorUsed: boolean;
}

/** What an exchange of a refresh token that is known has to find. */
export function exchangeOutcome(
  { refresh, session, successorUsed }: Exchange,
  now: number,
  grace: number,
): Exclude<Rotation["outcome"], "unknown"> {
  if (session.endedAt !== undefined || session.expiresAt <= now) return "expired";
  if (refresh.usedAt !== undefined) return now - refresh.usedAt <= grace && !successorUsed ? "grace" : "reused";
  return refresh.expiresAt <= now ? "expired" : "rotated";
}
