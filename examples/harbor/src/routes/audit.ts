import type { Audit } from "@seaworthy/audit";
import { withoutUndefined } from "@seaworthy/core/objects";
import { z } from "zod";
import type { Mount } from "./mount.ts";

const name = z.string().min(1).max(200).optional();
const number = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const query = z.strictObject({
  type: name,
  actor: name,
  subject: name,
  after: number.optional(),
  limit: number.pipe(z.int().min(1).max(1000)).default(100),
});

/** The routes that show the audit trail and check that it was not changed. */
export function auditRoutes(mount: Mount, audit: Audit): void {
  mount("get", "/admin/audit", { query, permission: "audit:read" }, ({ query }) =>
    audit.query(withoutUndefined(query)),
  );
  mount("get", "/admin/audit/verification", { permission: "audit:read" }, () => audit.verify());
}
