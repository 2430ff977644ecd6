import { createHash, createHmac, randomBytes } from "node:crypto";

/** 256 random bits as base64url. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** What the store keeps of a secret of 256 bits. A slow hash would add nothing, because such a secret cannot be guessed. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Another secret, which follows from the first one and does not lead back to it. */
export function derivedSecret(secret: string, purpose: string): string {
  return createHmac("sha256", secret).update(purpose).digest("base64url");
}
