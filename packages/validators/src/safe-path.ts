import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, sep } from "node:path";
import { readMember } from "@seaworthy/core/objects";
import { checkOptions, flag, showValue } from "@seaworthy/core/options";
import { errors } from "./errors.ts";
import { type Refused, refuse } from "./internal/refusal.ts";
import { segmentFault } from "./internal/segment.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link safePath}. */
export interface SafePathOptions {
  /** Absolute path of the folder that a path must not leave. It must exist when a path is checked. */
  root: string;
  /** Whether segments that begin with a dot are accepted. @default false */
  hidden?: boolean;
}

const OPTIONS = ["root", "hidden"];
const LONGEST = 4096;
const MOST_SEGMENTS = 64;

/**
 * A schema for a relative path, with `/` between its segments, to a file or folder inside `root` that need not exist. The
 * output is the absolute path with every symbolic link resolved.
 *
 * Prevents reading and writing outside of the folder through `..` (also percent-encoded), absolute paths, drive letters,
 * and symbolic links that lead out of `root`. Dangling links are refused too, because writing to one would create a file
 * elsewhere. Each segment must be a {@link filename}. The check reads the disk synchronously. A process that can change
 * links inside `root` between the check and the use still wins that race, so do not let untrusted code write there.
 * Codes: those of `filename`, and `absolute_path`, `outside_root`.
 *
 * @throws TypeError if `root` is not an absolute path
 * @throws VALIDATION_ROOT_UNREADABLE (when a path is checked) if `root` does not exist
 * @example
 * ```ts
 * import { tmpdir } from "node:os";
 * import { safePath } from "@seaworthy/validators";
 * const upload = safePath({ root: tmpdir() });
 * console.log(upload.safeParse("reports/2026.pdf").success); // true
 * console.log(upload.safeParse("reports/../../etc/passwd").success); // false
 * ```
 */
export function safePath(options: SafePathOptions): Schema<string> {
  checkOptions("safePath", options, OPTIONS);
  const { root, hidden = false } = options;
  if (typeof root !== "string" || !isAbsolute(root) || root.includes("\0"))
    throw new TypeError(`root must be an absolute path; got ${showValue(root)}`);
  flag("hidden", hidden);
  return textSchema((path) => pathFault(path, hidden) ?? resolveInside(root, path));
}

function pathFault(path: string, hidden: boolean): Refused | undefined {
  if (path.length > LONGEST) return refuse("too_big", `must have ${LONGEST} characters or fewer`);
  if (path.startsWith("/") || path.startsWith("\\")) return refuse("absolute_path", "must be relative");
  const segments = path.split("/");
  if (segments.length > MOST_SEGMENTS) return refuse("too_big", `must have ${MOST_SEGMENTS} segments or fewer`);
  for (const segment of segments) {
    const fault = segmentFault(segment, hidden);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function resolveInside(root: string, path: string): string | Refused {
  const home = realRoot(root);
  const real = realPath(join(home, path));
  const isInside = real?.startsWith(home.endsWith(sep) ? home : home + sep) === true;
  return real !== undefined && isInside ? real : refuse("outside_root", "must stay inside its folder");
}

function realRoot(root: string): string {
  try {
    return realpathSync(root);
  } catch (cause) {
    throw errors.VALIDATION_ROOT_UNREADABLE({ root }, { cause });
  }
}

/** The path with all links resolved. A part that does not exist keeps its name. Returns undefined if the path cannot be resolved. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    // Loops, files in the place of folders, and folders that must not be searched.
    if (readMember(error, "code") !== "ENOENT") return undefined;
  }
  // A dangling link exists but has no target. Writing would follow it.
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return undefined;
  const parent = realPath(dirname(path));
  return parent === undefined ? undefined : join(parent, basename(path));
}
