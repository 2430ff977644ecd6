import type { StoredAuditEntry } from "./audit.ts";

// CEF names that every reader of the format knows (ArcSight Common Event Format, version 25, dictionary of extensions).
const SEVERITY = { success: 3, failure: 5, denied: 7 } as const;

/** An entry as one line of JSON, without a line end. */
export function toJsonLine(entry: StoredAuditEntry): string {
  return JSON.stringify({ ...entry, at: new Date(entry.at).toISOString() });
}

/** An entry as one line of the Common Event Format, without a line end. */
export function toCef(entry: StoredAuditEntry): string {
  const { sequence, at, type, outcome, actor, subject, data, correlationId, address, userAgent } = entry;
  const extension: [name: string, value: string | number | undefined][] = [
    ["rt", at],
    ["externalId", sequence],
    ["outcome", outcome],
    ["suid", actor],
    ["duid", subject],
    ["src", address],
    ["requestClientApplication", userAgent],
    ["cs1Label", correlationId === undefined ? undefined : "correlationId"],
    ["cs1", correlationId],
    ["msg", data === undefined ? undefined : JSON.stringify(data)],
  ];
  const pairs = extension
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${inExtension(value)}`);
  const name = inHeader(type);
  return `CEF:0|Seaworthy|audit|1|${name}|${name}|${SEVERITY[outcome]}|${pairs.join(" ")}`;
}

const inHeader = (text: string): string => oneLine(text.replace(/[\\|]/g, "\\$&"));
const inExtension = (value: string | number | undefined): string =>
  oneLine(String(value).replace(/[\\=]/g, "\\$&").replaceAll("\r", "\\r").replaceAll("\n", "\\n"));
// Other control characters end a line for some readers, or command the terminal that shows the file.
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
