import { checkOptions, flag } from "@seaworthy/core/options";
import { extensionFault, extensionList } from "./internal/extensions.ts";
import { segmentFault } from "./internal/segment.ts";
import { type Schema, textSchema } from "./internal/zod.ts";

/** Options of {@link filename}. */
export interface FilenameOptions {
  /** Whether names that begin with a dot are let through. @default false */
  hidden?: boolean;
  /**
   * Extensions that are let through, without a dot and in any case: `["pdf", "tar.gz"]`. A name whose inner extension
   * some servers run, such as `a.php.jpg`, is refused then too. @default any
   */
  extensions?: readonly string[];
}

/**
 * A schema for the name of one file, safe on every platform, of at most 255 bytes; it comes back as it is.
 *
 * Prevents path traversal (`../`, also percent-encoded once or twice, or in full-width characters), NUL cutting a name
 * short, drive letters and alternate streams (`C:`, `a.txt::$DATA`), device names (`CON`, `nul.txt`), dot files that a
 * server reads as settings (`.htaccess`), and names that cannot be seen, that look like another by zero-width characters,
 * or whose extension is not the one that people see. Codes: `empty`, `too_big`, `traversal`, `separator`, `nul`,
 * `control_character`, `bidi_control`, `zero_width`, `lone_surrogate`, `drive_letter`, `reserved_character`,
 * `reserved_name`, `outer_blank`, `invisible`, `hidden`, `bad_encoding`, `extension`.
 *
 * An extension says nothing about the content: {@link fileContent} looks at that.
 *
 * @throws TypeError when an option is none of these
 * @example
 * ```ts
 * import { filename } from "@seaworthy/validators";
 * console.log(filename().parse("Übersicht 2026.pdf")); // Übersicht 2026.pdf
 * console.log(filename().safeParse("..%2fetc%2fpasswd").success); // false
 * console.log(filename({ extensions: ["jpg", "png"] }).safeParse("shell.php").success); // false
 * ```
 */
export function filename(options: FilenameOptions = {}): Schema<string> {
  checkOptions("filename", options, ["hidden", "extensions"]);
  const hidden = flag("hidden", options.hidden ?? false);
  const extensions = options.extensions === undefined ? undefined : extensionList(options.extensions);
  return textSchema((name) => segmentFault(name, hidden) ?? extensionFault(name, extensions) ?? name);
}
