import { createHash } from "node:crypto";
import type { AuditHead } from "../stores/store.ts";

/** The head of a trail without entries. */
export const GENESIS: AuditHead = Object.freeze({ sequence: 0, hash: hashOf(Buffer.from("seaworthy.audit.v1")) });

/** SHA-256 of the bytes of an entry, in base64url. */
export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}
