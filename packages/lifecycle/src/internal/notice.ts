import { describeError } from "@seaworthy/core";
import type { Notice } from "../options.ts";

/**
 * Writes a notice to standard error, which still works when everything else is being closed. An error of the write is
 * ignored: without a listener it would be an uncaught error, which would write a notice again.
 */
export function writeNotice({ level, message, details }: Notice): void {
  const stack = level === "fatal" ? describeError(details.error).stack : undefined;
  const { stderr } = process;
  const ignore = (): void => undefined;
  stderr.once("error", ignore);
  stderr.write(`lifecycle ${level}: ${message}\n${stack === undefined ? "" : `${stack}\n`}`, (error) => {
    // The event follows this call if the write has failed.
    if (error === undefined || error === null) stderr.removeListener("error", ignore);
  });
}
