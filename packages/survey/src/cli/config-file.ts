import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isObject, readMember } from "@seaworthy/core/objects";
import { errors } from "../errors.ts";
import type { SurveyOptions } from "../options.ts";

const NAMES = ["survey.config.ts", "survey.config.mjs", "survey.config.js", "survey.config.json"];

/**
 * Reads the configuration: the named file, or the first of the usual names in the folder. Resolves with `undefined` if there
 * is none.
 *
 * @throws SURVEY_CONFIG_INVALID if the file cannot be read or does not export an object
 */
export async function readConfig(cwd: string, named: string | undefined): Promise<SurveyOptions | undefined> {
  const file =
    named === undefined ? NAMES.map((name) => join(cwd, name)).find((path) => existsSync(path)) : resolve(cwd, named);
  if (file === undefined) return undefined;
  try {
    const content: unknown = file.endsWith(".json")
      ? JSON.parse(await readFile(file, "utf8"))
      : readMember(await import(pathToFileURL(file).href), "default");
    if (!isObject(content)) throw new TypeError("it has to export an object as its default export");
    return content;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw errors.SURVEY_CONFIG_INVALID({ file, reason }, { cause });
  }
}
