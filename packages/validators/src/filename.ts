import { checkOptions, flag } from "@seaworthy/core/options";
import { extensionFault, extensionList } from "./internal/extensions.ts";
import { segmentFault } from "./internal/segment.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link filename}. */
export interface FilenameOptions {
  /** Whether names that begin with a dot are accepted. @default false */
  hidden?: boolean;
  /**
   * Accepted extensions, without a dot and in any case: `["pdf", "tar.gz"]`. If they are given, a name with an inner
   * extension that some servers run, such as `a.php.jpg`, is refused too. @default any
   */
  extensions?: readonly string[];
}

const OPTIONS = ["hidden", "extensions"];

/**
 * A schema for the name of one file of at most 255 bytes that is safe on every platform. The output is the same name.
 *
 * Prevents path traversal (`../`, also percent-encoded once or twice, or in full-width characters), names that a NUL cuts
 * short, drive letters and alternate streams (`C:`, `a.txt::$DATA`), device names (`CON`, `nul.txt`), dot files that a
 * server reads as settings (`.htaccess`), invisible names, names that look like another name because of zero-width
 * characters, and names that display another extension than they have. Codes: `empty`, `too_big`, `traversal`,
 * `separator`, `nul`, `control_character`, `bidi_control`, `zero_width`, `lone_surrogate`, `drive_letter`,
 * `reserved_character`, `reserved_name`, `outer_blank`, `invisible`, `hidden`, `bad_encoding`, `extension`.
 *
 * An extension does not prove anything about the content; {@link fileContent} checks the content.
 *
 * @throws TypeError if an option is unknown or has the wrong type
 * @example
 * ```ts
 * import { filename } from "@seaworthy/validators";
 * console.log(filename().parse("Übersicht 2026.pdf")); // Übersicht 2026.pdf
 * console.log(filename().safeParse("..%2fetc%2fpasswd").success); // false
 * console.log(filename({ extensions: ["jpg", "png"] }).safeParse("shell.php").success); // false
 * ```
 */
export function filename(options: FilenameOptions = {}): Schema<string> {
  checkOptions("filename", options, OPTIONS);
  const { hidden = false, extensions } = options;
  flag("hidden", hidden);
  const accepted = extensions === undefined ? undefined : extensionList(extensions);
  return textSchema((name) => segmentFault(name, hidden) ?? extensionFault(name, accepted) ?? name);
}
