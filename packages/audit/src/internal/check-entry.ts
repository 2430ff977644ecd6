import { type AuditEntry, currentContext, jsonSafe } from "@seaworthy/core";
import { withoutUndefined } from "@seaworthy/core/objects";
import { boundedString, checkOptions, finiteNumber, oneOf, showValue } from "@seaworthy/core/options";
import type { PreparedEntry } from "./entry-format.ts";

const ENTRY_OPTIONS = ["type", "outcome", "actor", "subject", "data", "at", "correlationId", "address", "userAgent"];
const OUTCOMES = ["success", "failure", "denied"] as const;
const TYPE = /^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/i;
const LONGEST_TYPE = 200;
const LONGEST_TEXT = 1024;
// The last instant of a Date (ECMA-262, 21.4.1.1).
const LATEST = 8.64e15;

/**
 * An entry with what the context knows, checked. Data becomes JSON in a bounded way: secrets are masked, cycles are cut.
 * @throws TypeError naming the member
 */
export function prepareEntry(entry: AuditEntry, now: number): PreparedEntry {
  checkOptions("record", entry, ENTRY_OPTIONS);
  const { type, outcome, data, at = now } = entry;
  checkType(type);
  const { principal, client, correlationId } = currentContext();
  return withoutUndefined({
    type,
    outcome: oneOf("outcome", outcome, OUTCOMES),
    at: finiteNumber("at", at, 0, LATEST),
    actor: text("actor", entry.actor ?? principal?.id),
    subject: text("subject", entry.subject),
    data: data === undefined ? undefined : plainData(data),
    correlationId: text("correlationId", entry.correlationId ?? correlationId),
    address: text("address", entry.address ?? client?.address),
    userAgent: text("userAgent", entry.userAgent ?? client?.userAgent),
  });
}

/** @throws TypeError if it is not the type of an entry */
export function checkType(type: unknown): void {
  if (typeof type !== "string" || type.length > LONGEST_TYPE || !TYPE.test(type))
    throw new TypeError(`type must be a dotted name such as "auth.login"; got ${showValue(type)}`);
}

function text(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  // What clients send is cut, because an entry must not be lost for the length of a header.
  if (name === "userAgent" && typeof value === "string") return value.slice(0, LONGEST_TEXT).toWellFormed();
  return boundedString(name, value, 1, LONGEST_TEXT).toWellFormed();
}

function plainData(data: object): Record<string, unknown> {
  const plain: unknown = jsonSafe(data, { depth: 10, members: 1000, total: 10_000 });
  if (typeof plain !== "object" || plain === null || Array.isArray(plain))
    throw new TypeError("data must be an object");
  return { ...plain };
}
