import { readMember } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";
import type { Settings } from "./settings.ts";

/** What pg's pool says if no connection became free in time. */
export const QUEUE_TIMEOUT = "timeout exceeded when trying to connect";

/** SQLSTATEs and codes after which a connection is gone. */
const LOST = /^(08...|57P0[1-5]|25P03|ECONNRESET|EPIPE|ETIMEDOUT)$/;

/** The `code` of an error, or an empty string. */
export function codeOf(error: unknown): string {
  const code = readMember(error, "code");
  return typeof code === "string" ? code : "";
}

/** Whether an error says that the connection is gone. pg has no code for a socket that closed. */
export function isConnectionLoss(error: unknown): boolean {
  if (LOST.test(codeOf(error))) return true;
  const message = error instanceof Error ? error.message : "";
  return /^Connection terminated|not queryable|^Client was closed/.test(message);
}

/** Why no connection could be opened, as an error of this package. */
export function connectFailure(cause: unknown, settings: Settings): Error {
  const place = new URL(settings.url);
  const host = place.searchParams.get("host") ?? (place.host || "localhost");
  const reason = codeOf(cause) || (cause instanceof Error ? cause.message : "unknown");
  const refused = codeOf(cause) === "08P01" && settings.pooler === "none";
  const hint = refused ? '; if a pooler such as PgBouncer stands in between, set pooler: "transaction"' : "";
  return errors.POSTGRES_UNREACHABLE(
    { host, database: place.pathname.slice(1), reason },
    { cause, message: `The database at ${host} could not be reached (${reason})${hint}` },
  );
}
