import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, sep } from "node:path";
import { checkOptions, flag, showValue } from "@seaworthy/core/options";
import { codes } from "./errors.ts";
import { type Refused, refuse } from "./internal/refusal.ts";
import { segmentFault } from "./internal/segment.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link safePath}. */
export interface SafePathOptions {
  /** Absolute path of the folder that no path may leave. It must exist when a path is checked. */
  root: string;
  /** Whether segments that begin with a dot are let through. @default false */
  hidden?: boolean;
}

const LONGEST = 4096;
const MOST_SEGMENTS = 64;

/**
 * A schema for a relative path, with `/` between its segments, to something inside `root` that may not be there yet. It
 * gives out the absolute path with every symbolic link resolved.
 *
 * Prevents reading and writing outside of the folder: by `..` (also percent-encoded), absolute paths, drive letters, and
 * symbolic links that lead out of `root`, dangling ones included, through which a new file would be created elsewhere.
 * Each segment must be a {@link filename}. The disk is looked at synchronously when a path is checked. Who can change
 * links inside `root` between check and use still wins that race: such a folder is no place for untrusted writers.
 * Codes: those of `filename`, and `absolute_path`, `outside_root`.
 *
 * @throws TypeError when `root` is not an absolute path
 * @throws VALIDATION_ROOT_UNREADABLE (when a path is checked) when `root` is not there
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
  checkOptions("safePath", options, ["root", "hidden"]);
  const { root } = options;
  if (typeof root !== "string" || !isAbsolute(root) || root.includes("\0"))
    throw new TypeError(`root must be an absolute path; got ${showValue(root)}`);
  const hidden = flag("hidden", options.hidden ?? false);
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
  const inside = real?.startsWith(home.endsWith(sep) ? home : home + sep);
  return inside === true ? (real as string) : refuse("outside_root", "must stay inside its folder");
}

function realRoot(root: string): string {
  try {
    return realpathSync(root);
  } catch (cause) {
    throw codes.VALIDATION_ROOT_UNREADABLE({ root }, { cause });
  }
}

/** The path with all links resolved; what is not there yet keeps its name. Nothing for a path that cannot be resolved. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    // Loops, files where folders should be, and folders that may not be searched.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return undefined;
  }
  // Something is there and yet leads nowhere: a dangling link, which writing would follow.
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return undefined;
  const parent = realPath(dirname(path));
  return parent === undefined ? undefined : join(parent, basename(path));
}
