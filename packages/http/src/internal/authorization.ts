import { type AuditEntry, type AuditSink, currentContext, type Principal } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";
import type { EdgeRequest } from "../messages.ts";
import { auditEvent, deniedEvent } from "../telemetry.ts";
import type { EdgeExchange } from "./exchange-parts.ts";

/** Decides whether a principal has a permission; only `true` means yes. */
export type Can = (principal: Principal, permission: string, request: EdgeRequest) => boolean | Promise<boolean>;

/** What decides about permissions, and where refusals are recorded. */
export interface Authorization {
  readonly can: Can | undefined;
  readonly audit: AuditSink | undefined;
}

/**
 * Lets a request through whose principal has a permission.
 *
 * @throws HTTP_UNAUTHENTICATED if there is no principal
 * @throws HTTP_FORBIDDEN if the principal does not have the permission
 */
export async function authorize(
  { can, audit }: Authorization,
  exchange: EdgeExchange,
  permission: string,
): Promise<void> {
  // Middleware of the application may have authenticated the request instead of the edge.
  const principal = exchange.principal ?? currentContext().principal;
  if (principal !== undefined && (await can?.(principal, permission, exchange)) === true) return;
  const reason = principal === undefined ? "unauthenticated" : "forbidden";
  const { method, path } = exchange;
  if (deniedEvent.active)
    deniedEvent.emit({ permission, reason }, undefined, { method, path, principalId: principal?.id });
  const actor = principal === undefined ? {} : { actor: principal.id };
  audited(audit, exchange, { type: "http.access", outcome: "denied", ...actor, data: { permission, method, path } });
  throw principal === undefined ? errors.HTTP_UNAUTHENTICATED() : errors.HTTP_FORBIDDEN();
}

/** Records what was done or refused. The answer does not wait for the trail, because the trail cannot change it. */
export function audited(
  audit: AuditSink | undefined,
  exchange: EdgeExchange,
  entry: Pick<AuditEntry, "type" | "outcome" | "actor" | "data">,
): void {
  if (audit === undefined) return;
  const { principal, id, address } = exchange;
  const actor = entry.actor ?? principal?.id;
  const userAgent = exchange.header("user-agent");
  void record(audit, withoutUndefined({ ...entry, actor, correlationId: id, address, userAgent }));
}

async function record(audit: AuditSink, entry: AuditEntry): Promise<void> {
  try {
    await audit.record(entry);
  } catch (error) {
    if (auditEvent.active) auditEvent.emit({ outcome: "failed" }, undefined, { error, type: entry.type });
  }
}
