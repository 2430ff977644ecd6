import { createFile } from "../internal/file/create-file.ts";
import { realFileSystem } from "../internal/file/file-system.ts";
import type { FileDestination, FileOptions } from "./file-options.ts";

/**
 * A file that rotates and loses nothing: each line is with the operating system before the log call returns, so an
 * exit, an exception, an unhandled rejection, SIGTERM and even SIGKILL cost no line. While the file cannot be written
 * (disk full, directory gone), up to 1 MiB of lines wait in memory and what exceeds that is counted.
 *
 * @throws TypeError when an option is not as described
 * @throws LOGGER_FILE_UNUSABLE from `createLogger` when the file cannot be opened
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
