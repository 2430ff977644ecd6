import { boundedString, checkOptions, finiteNumber, integer, oneOf } from "@seaworthy/core/options";
import type { AuditQuery, StoredAuditEntry } from "../audit.ts";

const QUERY_OPTIONS = ["type", "actor", "subject", "outcome", "from", "to", "after", "limit"];

/** @throws TypeError naming the member */
export function checkQuery(query: AuditQuery): AuditQuery {
  checkOptions("query", query, QUERY_OPTIONS);
  for (const name of ["type", "actor", "subject"] as const)
    if (query[name] !== undefined) boundedString(name, query[name], 1, 1024);
  if (query.outcome !== undefined) oneOf("outcome", query.outcome, ["success", "failure", "denied"]);
  for (const name of ["from", "to"] as const)
    if (query[name] !== undefined) finiteNumber(name, query[name], -8.64e15, 8.64e15);
  if (query.after !== undefined) integer("after", query.after, 0);
  if (query.limit !== undefined) integer("limit", query.limit, 1, 1000);
  return query;
}

/** Whether an entry has what the query asks for of its open members. */
export function matchesOpen(entry: StoredAuditEntry, { type, outcome, from, to }: AuditQuery): boolean {
  const isType = type?.endsWith(".*") === true ? entry.type.startsWith(type.slice(0, -1)) : entry.type === type;
  if (type !== undefined && !isType) return false;
  if (outcome !== undefined && entry.outcome !== outcome) return false;
  return (from === undefined || entry.at >= from) && (to === undefined || entry.at < to);
}

/** Whether it has what the query asks for of members that may have been encrypted. */
export function matchesPersonal(entry: StoredAuditEntry, { actor, subject }: AuditQuery): boolean {
  return (actor === undefined || entry.actor === actor) && (subject === undefined || entry.subject === subject);
}
