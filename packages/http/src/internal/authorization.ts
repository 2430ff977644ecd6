import { type AuditEntry, type AuditSink, currentContext, type Principal } from "@seaworthy/core";
import { errors } from "../errors.ts";
import type { EdgeExchange, EdgeRequest } from "../messages.ts";
import { auditEvent, deniedEvent } from "../telemetry.ts";

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
    deniedEvent.emit({ permission, reason }, undefined, { method, path, principal: principal?.id });
  if (audit !== undefined) void record(audit, entryOf(exchange, principal, permission));
  throw principal === undefined ? errors.HTTP_UNAUTHENTICATED() : errors.HTTP_FORBIDDEN();
}

function entryOf(exchange: EdgeExchange, principal: Principal | undefined, permission: string): AuditEntry {
  const { method, path, id, address } = exchange;
  const userAgent = exchange.header("user-agent");
  return {
    type: "http.access",
    outcome: "denied",
    ...(principal === undefined ? undefined : { actor: principal.id }),
    data: { permission, method, path },
    correlationId: id,
    address,
    ...(userAgent === undefined ? undefined : { userAgent }),
  };
}

/** The caller is refused whether or not the trail keeps it, so the answer does not wait for the trail. */
async function record(audit: AuditSink, entry: AuditEntry): Promise<void> {
  try {
    await audit.record(entry);
  } catch (error) {
    if (auditEvent.active) auditEvent.emit({ outcome: "failed" }, undefined, { error, type: entry.type });
  }
}
