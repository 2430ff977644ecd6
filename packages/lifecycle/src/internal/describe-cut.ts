import { describeError, scrubSecrets } from "@seaworthy/core";
import { readMember } from "@seaworthy/core/objects";
import { cutText } from "@seaworthy/core/redaction";
import type { Cut } from "../cut.ts";

/** The name of a request: method and path, without the query, which may contain anything. */
export function requestName(method: unknown, url: unknown): string {
  const path = typeof url === "string" ? url.replace(/\?.*$/s, "") : "";
  return `${typeof method === "string" ? method : "?"} ${cutText(scrubSecrets(cutText(path, 512)), 128)}`;
}

/** What was cut, in words. */
export function describeCut({ kind, name, after, error }: Cut): string {
  if (kind === "worker") return `${name} ${messageOf(error)}`;
  const what = kind === "work" ? `background work "${name}"` : kind === "resource" ? `resource "${name}"` : name;
  if (error !== undefined) return `${what} failed: ${errorLine(error)}`;
  return kind === "resource"
    ? `${what} not closed after ${shownTime(after)}`
    : `${kind === "stream" ? "stream " : ""}${what} cut off after ${shownTime(after)}`;
}

/** An error and its causes, in one line. */
export function errorLine(error: unknown): string {
  const parts: string[] = [];
  for (let record: ReturnType<typeof describeError> | undefined = describeError(error); record; record = record.cause) {
    const code = record.code === undefined || record.message.includes(String(record.code)) ? "" : ` [${record.code}]`;
    const errors = record.message === "" && Array.isArray(record.errors) ? record.errors : [];
    const nested = errors.length === 0 ? undefined : errors.map((inner) => messageOf(inner)).join("; ");
    parts.push(`${record.type}${code}: ${cutText(nested ?? record.message, 500)}`);
  }
  return parts.join(", caused by ").replaceAll(/\s*\n\s*/g, " ");
}

function messageOf(error: unknown): string {
  const message = readMember(error, "message");
  return typeof message === "string" ? message : "";
}

/** Milliseconds for people. */
export function shownTime(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
