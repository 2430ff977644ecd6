import { isSeaworthyError } from "@seaworthy/core";

const SCHEME = /^bearer +([^\s]+) *$/i;
const REFUSED = new Set(["AUTH_TOKEN_INVALID", "AUTH_TOKEN_EXPIRED", "AUTH_TOKEN_REVOKED"]);

/** Whether an error says that a token or a session is not valid any more. */
export function isRefusal(error: unknown): boolean {
  return isSeaworthyError(error) && REFUSED.has(error.code);
}

/** The token of an `Authorization` header, if it has one. */
export function bearerToken(header: string | undefined): string | undefined {
  return SCHEME.exec(header ?? "")?.[1];
}

/** Verifies a token. The error about one that is refused brings the header of RFC 6750, section 3.1, which the edge sends. */
export async function challenged<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (error) {
    if (isSeaworthyError(error) && isRefusal(error))
      Object.defineProperty(error, "headers", { value: { "www-authenticate": challengeOf(error.message) } });
    throw error;
  }
}

function challengeOf(message: string): string {
  return `Bearer error="invalid_token", error_description="${message.replaceAll(/["\\]/g, "'")}"`;
}
