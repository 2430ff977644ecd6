import { createFile } from "../internal/file/create-file.ts";
import { realFileSystem } from "../internal/file/file-system.ts";
import type { FileDestination, FileOptions } from "./file-options.ts";

/**
 * A file that rotates and loses nothing. The operating system has received each line when the log call returns, so that no
 * line is lost by an exit, an exception, an unhandled rejection, SIGTERM or SIGKILL. While the file cannot be written to
 * (the disk is full, or the directory was deleted), up to 1 MiB of lines waits in memory, and what exceeds that is counted.
 *
 * @throws TypeError if an option is not as described
 * @throws LOGGER_FILE_UNUSABLE from `createLogger` if the file cannot be opened
 * @example
 * ```ts
 * import { createLogger, file } from "@seaworthy/logger";
 * const logger = createLogger({
 *   name: "orders",
 *   destinations: [file({ path: "logs/orders.log", rotate: { size: "10mb" }, keep: { files: 5 }, compress: true })],
 * });
 * logger.info("ready");
 * await logger.close();
 * ```
 */
export function file(options: FileOptions): FileDestination {
  return createFile(options, realFileSystem);
}
