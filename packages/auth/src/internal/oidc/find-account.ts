import { randomUUID } from "node:crypto";
import { errors } from "../../errors.ts";
import type { OidcLoginOptions } from "../../oidc/oidc-login.ts";
import { normalizeEmail } from "../service/email-address.ts";

/** Who logged in at the provider, and what may be done about an account. */
export interface AccountPlan {
  readonly store: OidcLoginOptions["store"];
  readonly issuer: string;
  readonly createAccounts: boolean;
  readonly linkByEmail: boolean;
}

/** The account that a login belongs to. */
export interface FoundAccount {
  readonly userId: string;
  readonly created: boolean;
  readonly linked: boolean;
}

type Claims = Readonly<Record<string, unknown>>;

/** An account is linked by the provider's subject. An e-mail address links only if both sides have verified it. */
export async function findAccount(plan: AccountPlan, claims: Claims, now: number): Promise<FoundAccount> {
  const { store, issuer } = plan;
  const subject = String(claims.sub);
  const linked = await store.findIdentity(issuer, subject);
  if (linked !== undefined) return { userId: linked, created: false, linked: false };
  const email = verifiedEmail(claims);
  if (email === undefined) throw unlinked(issuer, "the provider has not verified an e-mail address");
  const holder = await store.findUserByEmail(email);
  if (holder === undefined) return createAccount(plan, subject, { email, now });
  if (!plan.linkByEmail) throw unlinked(issuer, "an account has this e-mail address");
  // Otherwise somebody could register the address of another person first, and share the account that is linked later.
  if (holder.emailVerifiedAt === undefined) throw unlinked(issuer, "the account has not verified this e-mail address");
  return link(plan, subject, { userId: holder.id, created: false });
}

/** Links the provider's user to the account of a user who is logged in. */
export async function linkAccount(plan: AccountPlan, claims: Claims, userId: string): Promise<FoundAccount> {
  const { store, issuer } = plan;
  const subject = String(claims.sub);
  const linked = await store.findIdentity(issuer, subject);
  if (linked === userId) return { userId, created: false, linked: false };
  if (linked !== undefined) throw errors.AUTH_IDENTITY_TAKEN({ issuer });
  if ((await store.findUser(userId)) === undefined) throw unlinked(issuer, "the account does not exist any more");
  return link(plan, subject, { userId, created: false });
}

async function createAccount(
  plan: AccountPlan,
  subject: string,
  { email, now }: { email: string; now: number },
): Promise<FoundAccount> {
  const { store, issuer } = plan;
  if (!plan.createAccounts) throw unlinked(issuer, "accounts are not created by this login");
  const userId = randomUUID();
  const fixed = { status: "active", roles: [], failures: 0 } as const;
  const created = await store.createUser({ ...fixed, id: userId, email, emailVerifiedAt: now, createdAt: now });
  if (created) return link(plan, subject, { userId, created: true });
  // Another request of the same person has just created it, or somebody registered the address.
  const linked = await store.findIdentity(issuer, subject);
  if (linked === undefined) throw unlinked(issuer, "an account has this e-mail address");
  return { userId: linked, created: false, linked: false };
}

async function link(
  { store, issuer }: AccountPlan,
  subject: string,
  { userId, created }: { userId: string; created: boolean },
): Promise<FoundAccount> {
  if (await store.linkIdentity(issuer, subject, userId)) return { userId, created, linked: true };
  throw errors.AUTH_IDENTITY_TAKEN({ issuer });
}

function unlinked(issuer: string, reason: string): Error {
  return errors.AUTH_IDENTITY_UNLINKED({ issuer, reason });
}

/** Only `true` counts: some providers leave the claim out, and some write it as a string whatever they know. */
function verifiedEmail({ email, email_verified: verified }: Claims): string | undefined {
  return verified === true ? normalizeEmail(email) : undefined;
}
