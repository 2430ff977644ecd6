import type { Auth, AuthUser } from "@seaworthy/auth";
import { z } from "zod";
import { errors } from "../errors.ts";
import { ROLES } from "../identity/roles.ts";
import type { Mount } from "./mount.ts";

const permission = "accounts:manage";
const params = z.object({ id: z.string().max(100) });
const byEmail = z.strictObject({ email: z.email().max(254) });
const roles = z.strictObject({ roles: z.array(z.enum(ROLES)).max(10) });
const status = z.strictObject({ status: z.enum(["active", "inactive", "suspended"]) });

/** The routes by which administrators manage accounts. Each change is in the audit trail, and takes effect at once. */
export function accountRoutes(mount: Mount, auth: Auth): void {
  mount("get", "/admin/accounts", { query: byEmail, permission }, async ({ query }) =>
    known(query.email, await auth.findUserByEmail(query.email)),
  );
  mount("put", "/admin/accounts/:id/roles", { params, body: roles, permission }, async ({ params: { id }, body }) =>
    known(id, await auth.setRoles(id, body.roles)),
  );
  mount("put", "/admin/accounts/:id/status", { params, body: status, permission }, async ({ params: { id }, body }) =>
    known(id, await auth.setStatus(id, body.status)),
  );
}

function known(account: string, user: AuthUser | undefined): AuthUser {
  if (user === undefined) throw errors.HARBOR_ACCOUNT_NOT_FOUND({ account });
  return user;
}
