import { oneOf } from "@seaworthy/core/options";
import type { Auth, AuthUser } from "../../auth.ts";
import type { UserChanges } from "../../stores/store.ts";
import { endEvent } from "../../telemetry.ts";
import { normalizeEmail } from "./email-address.ts";
import type { Note } from "./journal.ts";
import type { Plan } from "./plan.ts";
import { checkedRoles } from "./registration.ts";
import { userView } from "./views.ts";

type Accounts = Pick<Auth, "findUser" | "findUserByEmail" | "setStatus" | "setRoles" | "deleteUser">;

/** What operators do to accounts. */
export function accounts(plan: Plan): Accounts {
  const { store, journal, clock } = plan;
  const view = (user: Parameters<typeof userView>[0] | undefined): AuthUser | undefined =>
    user === undefined ? undefined : userView(user, clock.now());
  /** Changes an account, and keeps an entry about it also if there is no such account. */
  const change = async (note: Note, userId: string, changes: UserChanges): Promise<AuthUser | undefined> => {
    if ((await store.findUser(userId)) === undefined) {
      await journal.refused(note, "unknown_user", "failure");
      return undefined;
    }
    const ends = changes.status !== undefined && changes.status !== "active";
    const { user, ended } = await journal.kept(note, async () => {
      const changed = await store.updateUser(userId, changes);
      const closed = ends ? await store.endSessions(userId, clock.now(), changes.status ?? "status") : [];
      return { user: changed, ended: closed.length };
    });
    if (ended > 0) endEvent.emit({ by: "status" }, ended);
    return user === "taken" ? undefined : view(user);
  };
  return {
    findUser: async (userId) => view(await store.findUser(userId)),
    async findUserByEmail(given) {
      const email = normalizeEmail(given);
      return email === undefined ? undefined : view(await store.findUserByEmail(email));
    },
    async setStatus(userId, given) {
      const status = oneOf("status", given, ["pending", "active", "inactive", "suspended"]);
      return change({ operation: "set_status", subject: userId, data: { status } }, userId, { status });
    },
    async setRoles(userId, given) {
      const roles = checkedRoles(given);
      return change({ operation: "set_roles", subject: userId, data: { roles } }, userId, { roles });
    },
    async deleteUser(userId) {
      const note = { operation: "delete_user", subject: userId };
      if ((await store.findUser(userId)) !== undefined) return journal.kept(note, () => store.deleteUser(userId));
      await journal.refused(note, "unknown_user", "failure");
      return false;
    },
  };
}
