import { BIDI_CONTROL, CONTROL, VISIBLE } from "./characters.ts";
import { type Refused, refuse } from "./refusal.ts";
import { withoutZeroWidth } from "./zero-width.ts";

const MOST_BYTES = 255;
const ENCODED = /%[0-9a-f]{2}/i;
const SEPARATOR = /[/\\]/;
const DRIVE = /^[a-z]:/i;
const RESERVED_CHARACTER = /[<>:"|?*]/;
// Windows reserves these with any extension (Naming Files, Paths, and Namespaces).
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$) *(?:\.|$)/i;

/** Returns why `name` is not a safe file name on every platform, as it is or percent-decoded once. */
export function segmentFault(name: string, hidden: boolean): Refused | undefined {
  const fault = unsafe(name);
  if (fault !== undefined || hidden || !/^(?:\.|%2e)/i.test(name)) return fault;
  return refuse("hidden", "must not begin with a dot");
}

function unsafe(name: string): Refused | undefined {
  const plain = nameFault(name);
  if (plain !== undefined) return plain;
  // A file system that normalizes turns full-width and other compatibility forms of "/" and "." into the plain ones.
  const folded = traversalFault(name.normalize("NFKC"));
  if (folded !== undefined || !ENCODED.test(name)) return folded;
  const decoded = decode(name);
  if (decoded === undefined) return refuse("bad_encoding", "must not contain broken percent-encoding");
  if (ENCODED.test(decoded)) return refuse("traversal", "must not be percent-encoded twice");
  return nameFault(decoded) ?? traversalFault(decoded.normalize("NFKC"));
}

function nameFault(name: string): Refused | undefined {
  if (name === "") return refuse("empty", "must not be empty");
  if (Buffer.byteLength(name) > MOST_BYTES) return refuse("too_big", `must have ${MOST_BYTES} bytes or fewer`);
  if (!name.isWellFormed()) return refuse("lone_surrogate", "must not contain half of a surrogate pair");
  if (name.includes("\0")) return refuse("nul", "must not contain a NUL");
  if (CONTROL.test(name)) return refuse("control_character", "must not contain control characters");
  if (BIDI_CONTROL.test(name)) return refuse("bidi_control", "must not override the direction of writing");
  if (DRIVE.test(name)) return refuse("drive_letter", "must not name a drive");
  const traversal = traversalFault(name);
  if (traversal !== undefined) return traversal;
  if (RESERVED_CHARACTER.test(name)) return refuse("reserved_character", 'must not contain any of <>:"|?*');
  if (DEVICE.test(name)) return refuse("reserved_name", "must not be the name of a device");
  if (/^\s|[.\s]$/u.test(name))
    return refuse("outer_blank", "must not begin with white space, or end with white space or a dot");
  if (!VISIBLE.test(name)) return refuse("invisible", "must contain a visible character");
  if (withoutZeroWidth(name) !== name) return refuse("zero_width", "must not contain zero-width characters");
  return undefined;
}

function traversalFault(name: string): Refused | undefined {
  if (SEPARATOR.test(name)) return refuse("separator", "must not contain a path separator");
  return name === "." || name === ".." ? refuse("traversal", "must not lead to another folder") : undefined;
}

function decode(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined; // overlong or truncated UTF-8, which lenient decoders turn into dots and slashes
  }
}
