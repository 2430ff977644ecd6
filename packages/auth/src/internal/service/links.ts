import type { StoredOnce, StoredUser } from "../../stores/store.ts";
import { hashSecret, randomSecret } from "../once-secret.ts";
import type { Plan } from "./plan.ts";

/** What a link of a mail is for. */
export type LinkPurpose = "verify-email" | "reset-password";

const LONGEST_TOKEN = 128;
/** Begins what stands for the account of an address that has none. */
const NO_ACCOUNT = "none:";

/**
 * Sends a link to the owner of an account. For an address without an account (`undefined`) the same statements run, so
 * that the time is the same, and nothing is sent.
 */
export async function postLink(
  { store, outbox, clock }: Plan,
  purpose: LinkPurpose,
  user: StoredUser | undefined,
): Promise<void> {
  if (outbox === undefined) return;
  const token = randomSecret();
  const { lifetime, links } = outbox;
  const expiresAt = clock.now() + (purpose === "verify-email" ? lifetime.verify : lifetime.reset);
  // Another one each time, so that parallel requests do not wait for each other, which those of accounts do not either.
  const userId = user?.id ?? `${NO_ACCOUNT}${randomSecret()}`;
  await store.transaction(async () => {
    await store.dropOnce(userId, purpose);
    await store.putOnce({ hash: hashSecret(token), purpose, userId, expiresAt });
  });
  if (user === undefined) return;
  const link = purpose === "verify-email" ? links.verifyEmail(token) : links.resetPassword(token);
  outbox.post({ purpose, to: user.email, link });
}

/** What a token of a mail stands for. It stays valid. */
export async function findLink(
  { store, clock }: Plan,
  purpose: LinkPurpose,
  token: unknown,
): Promise<StoredOnce | undefined> {
  if (typeof token !== "string" || token.length > LONGEST_TOKEN) return undefined;
  const found = await store.findOnce(hashSecret(token), purpose, clock.now());
  return found?.userId?.startsWith(NO_ACCOUNT) === true ? undefined : found;
}
