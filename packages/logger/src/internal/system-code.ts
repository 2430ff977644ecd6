import { readMember } from "@seaworthy/core/objects";

/** The code of a system error, such as `"ENOSPC"`; `undefined` for anything else. Never throws. */
export function codeOf(error: unknown): string | undefined {
  const code = readMember(error, "code");
  return typeof code === "string" ? code : undefined;
}
