const LONGEST_HEADER = 512;
const MOST_MEMBERS = 32;
const PADDING = /^[ \t]+|[ \t]+$/g;
// A key is the name of a vendor, or of a tenant of a vendor. A value is printable ASCII without commas and equals signs.
const MEMBER =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/**
 * Reads a `tracestate` header by the W3C Trace Context recommendation (level 1, section 3.3), or returns `undefined` if it
 * is malformed, longer than 512 characters, or has no member or more than 32. Empty members, and the spaces and tabs
 * around members, are left out.
 */
export function parseTracestate(header: string | undefined): string | undefined {
  if (header === undefined || header.length > LONGEST_HEADER) return undefined;
  const members = header
    .split(",")
    .map((member) => member.replace(PADDING, ""))
    .filter((member) => member !== "");
  const isUsable = members.length > 0 && members.length <= MOST_MEMBERS;
  return isUsable && members.every((member) => MEMBER.test(member)) ? members.join(",") : undefined;
}
