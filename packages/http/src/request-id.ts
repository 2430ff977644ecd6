import { randomUUID } from "node:crypto";

// Letters, digits and the marks that ids are written with; nothing that could break a log line or a header.
const SAFE = /^[A-Za-z0-9][A-Za-z0-9._:~+/=@-]{0,127}$/;

/** The caller's request id if its characters and length (at most 128) are safe to log and echo, else a new UUID. */
export function requestId(given: string | undefined): string {
  return given !== undefined && SAFE.test(given) ? given : randomUUID();
}
