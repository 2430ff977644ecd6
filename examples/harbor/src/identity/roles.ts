import { createAccess } from "@seaworthy/auth";

/** What an account can be. Everyone who registers is a member. */
export const ROLES = ["member", "reviewer", "administrator"] as const;

/** Who may do what. A change of roles takes effect with the next request. */
export const access = createAccess({
  permissions: ["account:own", "tasks:delete", "accounts:manage", "audit:read", "operations:use"],
  roles: {
    member: { allow: ["account:own"] },
    reviewer: { inherits: ["member"], allow: ["tasks:*"] },
    administrator: { inherits: ["reviewer"], allow: ["*"] },
  },
});
