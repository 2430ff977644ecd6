import { randomUUID } from "node:crypto";
import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, showValue } from "@seaworthy/core/options";
import type { Auth, NewAccount } from "../../auth.ts";
import { errors } from "../../errors.ts";
import type { StoredUser } from "../../stores/store.ts";
import { checkedEmail } from "./email-address.ts";
import { knownClient } from "./known-client.ts";
import { findLink, postLink } from "./links.ts";
import type { Plan } from "./plan.ts";
import { userView } from "./views.ts";

type Registering = Pick<Auth, "register" | "requestEmailVerification" | "verifyEmail">;

const MOST_ROLES = 100;

/** New accounts and their e-mail addresses. */
export function registration(plan: Plan): Registering {
  const { store, passwords, budgets, journal, outbox, clock } = plan;
  return {
    async register(input, account = {}) {
      checkOptions("register", input, ["email", "password", "ip", "userAgent", "device"]);
      checkOptions("register: account", account, ["roles", "tenant"]);
      const client = knownClient(input);
      const email = checkedEmail(input.email);
      const owned = ownedBy(account);
      const passwordHash = await journal.step({ operation: "register", client }, async () => {
        await budgets.spend("register", client.address, email);
        await passwords.check(input.password, { email });
        // The hash is made for an address that is taken too, so that the time is the same.
        return passwords.hash(input.password);
      });
      const status = outbox === undefined ? "active" : "pending";
      const made = {
        id: randomUUID(),
        email,
        status,
        passwordHash,
        createdAt: clock.now(),
        failures: 0,
        ...owned,
      } as const;
      const note = { operation: "register", subject: made.id, client };
      const user = await journaledCreation(plan, made, note);
      if (user !== undefined && outbox === undefined) return { status: "active", user: userView(user, clock.now()) };
      if (outbox === undefined) throw errors.AUTH_EMAIL_TAKEN();
      if (user === undefined) await tellOwner(plan, email);
      else await postLink(plan, "verify-email", user);
      return { status: "pending" };
    },
    async requestEmailVerification(input) {
      checkOptions("requestEmailVerification", input, ["email", "ip", "userAgent", "device"]);
      const client = knownClient(input);
      const email = checkedEmail(input.email);
      const note = { operation: "request_email_verification", client };
      await journal.step(note, () => budgets.spend("verify", client.address, email));
      const user = await store.findUserByEmail(email);
      const pending = user !== undefined && user.emailVerifiedAt === undefined;
      await journal.succeeded({ ...note, subject: user?.id });
      await postLink(plan, "verify-email", pending ? user : undefined);
    },
    async verifyEmail(token) {
      const now = clock.now();
      const note = { operation: "verify_email" };
      const found = await findLink(plan, "verify-email", token);
      if (found?.userId === undefined) {
        await journal.refused(note, "unknown_token");
        throw errors.AUTH_TOKEN_INVALID();
      }
      const { userId, hash } = found;
      return journal.kept({ ...note, subject: userId }, async () => {
        if ((await store.takeOnce(hash, "verify-email", now)) === undefined) throw errors.AUTH_TOKEN_INVALID();
        const user = await store.updateUser(userId, { emailVerifiedAt: now, activate: true });
        if (user === undefined || user === "taken") throw errors.AUTH_TOKEN_INVALID();
        return userView(user, now);
      });
    },
  };
}

/** Keeps the account, or resolves with `undefined` if the address is taken. */
async function journaledCreation(
  { store, journal }: Plan,
  user: StoredUser,
  note: Parameters<Plan["journal"]["succeeded"]>[0],
): Promise<StoredUser | undefined> {
  const created = await store.transaction(async () => {
    const kept = await store.createUser(user);
    if (kept) await journal.succeeded(note);
    return kept;
  });
  if (created) return user;
  await journal.refused({ ...note, subject: undefined }, "email_taken");
  return undefined;
}

/** What the owner of an address gets when it is registered again: the link once more, or a notice. */
async function tellOwner(plan: Plan, email: string): Promise<void> {
  const user = await plan.store.findUserByEmail(email);
  if (user?.status === "pending") return postLink(plan, "verify-email", user);
  await postLink(plan, "verify-email", undefined);
  plan.outbox?.post({ purpose: "account-exists", to: email });
}

/**
 * @throws TypeError if roles or tenant are malformed
 */
function ownedBy({ roles = [], tenant }: NewAccount): { roles: readonly string[]; tenant?: string } {
  return {
    roles: checkedRoles(roles),
    ...withoutUndefined({ tenant: tenant === undefined ? undefined : boundedString("tenant", tenant, 1, 200) }),
  };
}

/**
 * @throws TypeError if the roles are not an array of at most 100 strings
 */
export function checkedRoles(roles: readonly string[]): readonly string[] {
  if (!Array.isArray(roles) || roles.length > MOST_ROLES)
    throw new TypeError(`roles must be an array of at most ${MOST_ROLES} strings; got ${showValue(roles)}`);
  return [...new Set(roles.map((role: unknown) => boundedString("roles: an entry", role, 1, 200)))];
}
